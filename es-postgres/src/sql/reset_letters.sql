-- $1: projection, $2: its version. Primary key; locks the rows.
DELETE FROM es.dead_letters WHERE projection = $1 AND version = $2
