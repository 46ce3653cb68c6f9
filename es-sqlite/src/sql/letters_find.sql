-- ?1: projection, ?2: its version, ?3: of this stream, ?4: at this position (each or NULL), ?5: only those with another attempt
-- asked for, ?6: those that were discarded too. Primary key, in its order.
SELECT position, event_id, stream_id, state, attempts, error, failed_at, retry, reason
FROM es_dead_letters
WHERE projection = ?1 AND version = ?2
  AND (?3 IS NULL OR stream_id = ?3)
  AND (?4 IS NULL OR position = ?4)
  AND (NOT ?5 OR retry)
  AND (?6 OR state <> 'discarded')
ORDER BY position
