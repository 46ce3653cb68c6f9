-- ?1: projection, ?2: its version. Forgets its parts, none of which has begun. Primary key.
DELETE FROM es_checkpoints WHERE projection = ?1 AND version = ?2
