-- ?1: projection, ?2: its version. Forgets its dead letters. Primary key of es_dead_letters.
DELETE FROM es_dead_letters WHERE projection = ?1 AND version = ?2
