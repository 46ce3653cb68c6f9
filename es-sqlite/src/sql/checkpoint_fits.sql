-- ?1: a checkpoint's position, ?2: its event. Whether the log is as long, and has that event where it can be.
-- Primary key of es_events, and its unique index on event_id.
SELECT ?1 <= coalesce((SELECT max(position) FROM es_events), 0),
       ?2 IS NULL OR EXISTS (SELECT 1 FROM es_events WHERE event_id = ?2 AND position <= ?1)
