-- ?1: after this position, ?2: up to that one, ?3: at most so many. Primary key of es_events, in its order.
SELECT position, stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es_events
WHERE position > ?1 AND position <= ?2
ORDER BY position
LIMIT ?3
