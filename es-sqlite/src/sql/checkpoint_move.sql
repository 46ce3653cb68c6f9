-- ?1: projection, ?2: its version, ?3: part, ?4: the number of parts, ?5 and ?6: the new position and event, ?7: now, ?8 and ?9:
-- the position and event it stood on, ?10: the epoch of the lease or NULL. Nothing when it has moved, somebody else has it, or a
-- later version serves. Extends the lease. Primary key of es_checkpoints.
UPDATE es_checkpoints
SET position = ?5, event_id = ?6, updated_at = ?7, begun = 1,
    leased_until = CASE WHEN ?10 IS NULL THEN leased_until ELSE ?7 + lease END,
    trying = CASE WHEN trying > ?5 THEN trying END,
    attempts = CASE WHEN trying > ?5 THEN attempts ELSE 0 END
WHERE projection = ?1 AND version = ?2 AND part = ?3 AND parts = ?4 AND superseded = 0
  AND position = ?8 AND event_id IS ?9
  AND (?10 IS NULL OR epoch = ?10)
