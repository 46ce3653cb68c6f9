-- $1: projection, $2: its version, $3: part, $4: the number of parts, $5 and $6: the position and event it stood on, $7: the
-- epoch of the lease or NULL, $8 and $9: the new position and event. Locks the row, found by the primary key, until the
-- commit that comes next; nothing when it has moved, somebody else has it, or a later version serves. Extends the lease.
UPDATE es.checkpoints
SET position = $8, event_id = $9, begun = true, updated_at = now(),
    leased_until = CASE WHEN $7 IS NULL THEN leased_until ELSE clock_timestamp() + lease END,
    trying = CASE WHEN trying > $8 THEN trying END,
    attempts = CASE WHEN trying > $8 THEN attempts ELSE 0 END
WHERE projection = $1 AND version = $2 AND part = $3 AND parts = $4 AND NOT superseded
  AND position = $5 AND event_id IS NOT DISTINCT FROM $6
  AND ($7 IS NULL OR epoch = $7)
