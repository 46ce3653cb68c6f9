-- $1: stream, $2: after this version, $3: up to that one. Unique index events_stream_version, in its order; no lock but
-- ACCESS SHARE.
SELECT position, stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es.events
WHERE stream_id = $1 AND version > $2 AND version <= $3
ORDER BY version
