-- ?1: projection, ?2: its version. Forgets where its parts stand, and who runs them. Primary key of es_checkpoints.
DELETE FROM es_checkpoints WHERE projection = ?1 AND version = ?2
