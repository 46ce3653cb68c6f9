-- $1: projection, $2: its version, $3: part, $4: into how many it is split, $5: the epoch of the lease, $6: a position.
-- Counts an attempt at it; no row when somebody has taken over. Locks the row, found by the primary key.
UPDATE es.checkpoints
SET trying = $6, attempts = CASE WHEN trying = $6 THEN least(attempts, 2147483646) + 1 ELSE 1 END
WHERE projection = $1 AND version = $2 AND part = $3 AND parts = $4 AND epoch = $5
RETURNING attempts
