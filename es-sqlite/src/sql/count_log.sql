-- ?1: after this position, ?2 to ?6: as ?4 to ?8 of read_log_filtered.sql. How many there are. The primary key's range.
SELECT count(*)
FROM es_events
WHERE position > ?1
  AND (?2 IS NULL OR type IN (SELECT value FROM json_each(?2)))
  AND (?3 IS NULL OR category = ?3)
  AND (?4 IS NULL OR metadata ->> '$.tenant' = ?4)
  AND (?6 = 1 OR stream_hash % ?6 = ?5)
