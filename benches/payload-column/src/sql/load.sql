-- $1: stream. Unique index on (stream_id, version).
SELECT position, version, event_id, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM COLUMN_events WHERE stream_id = $1 ORDER BY version
