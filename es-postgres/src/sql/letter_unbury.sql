-- $1: projection, $2: its version, $3: position. Primary key; who does the same is waited for.
DELETE FROM es.dead_letters WHERE projection = $1 AND version = $2 AND position = $3 AND state <> 'discarded'
