-- $1: projection, $2: its version, $3: those that were discarded too, $4: of this stream, $5: at this position (each or NULL),
-- $6: only those with another attempt asked for. Primary key, in its order; no lock but ACCESS SHARE.
SELECT position, event_id, stream_id, state, attempts, error, failed_at, retry, reason
FROM es.dead_letters
WHERE projection = $1 AND version = $2
  AND ($3 OR state <> 'discarded')
  AND ($4::uuid IS NULL OR stream_id = $4)
  AND ($5::bigint IS NULL OR position = $5)
  AND (NOT $6 OR retry)
ORDER BY position
