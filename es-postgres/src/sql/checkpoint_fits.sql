-- $1: a checkpoint's position, $2: its event. Whether the log is as long, and has that event where it can be.
-- The primary key and the unique index on event_id; no lock but ACCESS SHARE.
SELECT $1 <= coalesce((SELECT max(position) FROM es.events), 0) AS long_enough,
       $2 IS NULL OR EXISTS (SELECT FROM es.events WHERE event_id = $2 AND position <= $1) AS has_event
