-- As read_log.sql, only events of the types $4, which are sifted out while the primary key is walked.
SELECT position, stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es.events
WHERE position > $1 AND position <= $2 AND type = ANY ($4)
ORDER BY position
LIMIT $3
