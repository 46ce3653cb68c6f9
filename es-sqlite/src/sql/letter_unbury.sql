-- ?1: projection, ?2: its version, ?3: position. Primary key of es_dead_letters.
DELETE FROM es_dead_letters WHERE projection = ?1 AND version = ?2 AND position = ?3 AND state <> 'discarded'
