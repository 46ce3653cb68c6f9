-- ?1: projection, ?2: its version, ?3: part, ?4: into how many it is split, ?5: the epoch of the lease, ?6: a position.
-- Counts an attempt at it, as far as 32 bits go; no row when somebody has taken over. Primary key.
UPDATE es_checkpoints
SET trying = ?6, attempts = CASE WHEN trying = ?6 THEN min(attempts, 4294967294) + 1 ELSE 1 END
WHERE projection = ?1 AND version = ?2 AND part = ?3 AND parts = ?4 AND epoch = ?5
RETURNING attempts
