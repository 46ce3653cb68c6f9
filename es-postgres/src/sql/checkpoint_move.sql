-- $1: projection, $2: its version, $3: position, $4: event. The row is locked by us already; primary key.
UPDATE es.checkpoints SET position = $3, event_id = $4, updated_at = now()
WHERE projection = $1 AND version = $2
