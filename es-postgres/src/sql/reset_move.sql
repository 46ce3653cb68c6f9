-- $1: projection, $2: its version, $3 and $4: position and event. Moves all parts there; they are locked already. Primary key.
UPDATE es.checkpoints
SET position = $3, event_id = $4, begun = true, updated_at = now()
WHERE projection = $1 AND version = $2
