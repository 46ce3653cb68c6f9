-- ?1: projection, ?2: its version, ?3: part. The attempts that were counted. Primary key.
SELECT trying, attempts FROM es_checkpoints
WHERE projection = ?1 AND version = ?2 AND part = ?3 AND trying IS NOT NULL
