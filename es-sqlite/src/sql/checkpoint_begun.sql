-- ?1: projection, ?2: its version, ?3: part. Whether its checkpoint was put there. Primary key.
SELECT EXISTS (SELECT 1 FROM es_checkpoints WHERE projection = ?1 AND version = ?2 AND part = ?3 AND begun)
