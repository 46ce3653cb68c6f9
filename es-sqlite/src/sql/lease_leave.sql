-- ?1: projection, ?2: its version, ?3: owner. Takes it off the list. Primary key.
DELETE FROM es_workers WHERE projection = ?1 AND version = ?2 AND owner = ?3
