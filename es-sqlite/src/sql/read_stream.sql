-- ?1: stream, ?2: after this version, ?3: up to that one, ?4: at most so many. Unique index es_events_stream_version, in its
-- order. The stream is known to who asks; its column keeps its place.
SELECT position, NULL, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es_events
WHERE stream_id = ?1 AND version > ?2 AND version <= ?3
ORDER BY version
LIMIT ?4
