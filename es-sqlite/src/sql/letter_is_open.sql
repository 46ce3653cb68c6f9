-- ?1: projection, ?2: its version, ?3: position. Whether there is a dead letter that was not discarded. Primary key.
SELECT EXISTS (
    SELECT 1 FROM es_dead_letters WHERE projection = ?1 AND version = ?2 AND position = ?3 AND state <> 'discarded'
)
