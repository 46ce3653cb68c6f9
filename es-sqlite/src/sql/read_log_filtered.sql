-- As read_log.sql, only events of the types ?4 (a JSON array), the category ?5, and the tenant ?6, each unless NULL; and of
-- streams in part ?7 of ?8. Sifted out while the primary key is walked.
SELECT position, stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es_events
WHERE position > ?1 AND position <= ?2
  AND (?4 IS NULL OR type IN (SELECT value FROM json_each(?4)))
  AND (?5 IS NULL OR category = ?5)
  AND (?6 IS NULL OR metadata ->> '$.tenant' = ?6)
  AND (?8 = 1 OR stream_hash % ?8 = ?7)
ORDER BY position
LIMIT ?3
