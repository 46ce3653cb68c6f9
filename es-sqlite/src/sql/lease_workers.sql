-- ?1: projection, ?2: its version. How many are on the list. Primary key.
SELECT count(*) FROM es_workers WHERE projection = ?1 AND version = ?2
