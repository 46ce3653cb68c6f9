-- $1: projection, $2: its version, $3: part, $4 and $5: the position and event it stood on, $6: the epoch of the lease
-- or NULL, $7 and $8: the new position and event. Locks the row, found by the primary key, until the commit that comes
-- next; nothing when it has moved or somebody else has it. Extends the lease.
UPDATE es.checkpoints
SET position = $7, event_id = $8, updated_at = now(),
    leased_until = CASE WHEN $6 IS NULL THEN leased_until ELSE clock_timestamp() + lease END,
    trying = CASE WHEN trying > $7 THEN trying END,
    attempts = CASE WHEN trying > $7 THEN attempts ELSE 0 END
WHERE projection = $1 AND version = $2 AND part = $3
  AND position = $4 AND event_id IS NOT DISTINCT FROM $5
  AND ($6 IS NULL OR epoch = $6)
