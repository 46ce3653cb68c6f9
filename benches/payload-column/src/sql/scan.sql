-- The whole log, by the primary key.
SELECT position, version, event_id, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM COLUMN_events ORDER BY position
