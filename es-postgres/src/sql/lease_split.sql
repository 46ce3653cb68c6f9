-- $1: projection, $2: its version, $3: into how many parts it is split from now on. Makes the rows that are missing. Rows of
-- another split are made anew, and whoever held one commits nothing more. Does nothing when a row is locked, so that
-- nobody is waited for, or when another split has begun: the rows are looked at again once they are locked. Primary key.
WITH locked AS MATERIALIZED (
    SELECT parts, epoch, position > 0 OR event_id IS NOT NULL AS begun
    FROM es.checkpoints
    WHERE projection = $1 AND version = $2
    FOR UPDATE SKIP LOCKED
), allowed AS MATERIALIZED (
    SELECT coalesce(max(epoch), 0) AS epoch
    FROM locked
    HAVING count(*) = (SELECT count(*) FROM es.checkpoints WHERE projection = $1 AND version = $2)
       AND coalesce(bool_and(parts = $3 OR NOT begun), true)
), gone AS (
    DELETE FROM es.checkpoints
    WHERE projection = $1 AND version = $2 AND part >= $3 AND EXISTS (SELECT FROM allowed)
)
INSERT INTO es.checkpoints AS found (projection, version, part, parts, position, store_id, epoch)
SELECT $1, $2, part, $3, 0, store_id, allowed.epoch
FROM allowed, es.store, generate_series(0, $3 - 1) AS part
ON CONFLICT (projection, version, part) DO UPDATE
SET parts = $3, epoch = excluded.epoch + 1, owner = NULL, leased_until = NULL
WHERE found.parts <> $3
