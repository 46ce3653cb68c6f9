-- $1: projection, $2: its version, $3: its parts, $4 and $5: position and event. Sets all parts to them, under an epoch above
-- all there were, without owner or attempts; there may have been another number of parts. The rows are locked by
-- reset_lock.sql. Primary key.
WITH gone AS (
    DELETE FROM es.checkpoints WHERE projection = $1 AND version = $2 AND part >= $3
)
INSERT INTO es.checkpoints AS found (projection, version, part, parts, position, event_id, store_id, epoch)
SELECT $1, $2, part, $3, $4, $5, store_id,
       1 + coalesce((SELECT max(epoch) FROM es.checkpoints WHERE projection = $1 AND version = $2), 0)
FROM es.store, generate_series(0, $3 - 1) AS part
ON CONFLICT (projection, version, part) DO UPDATE
SET parts = $3, position = $4, event_id = $5, store_id = excluded.store_id, updated_at = now(),
    epoch = excluded.epoch, owner = NULL, leased_until = NULL, unclean = false, trying = NULL, attempts = 0
