-- $1: projection, $2: its version. Where its parts stand. Primary key; no lock but ACCESS SHARE.
SELECT part, position, event_id FROM es.checkpoints WHERE projection = $1 AND version = $2 ORDER BY part
