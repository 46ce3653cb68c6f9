-- ?1: projection, ?2: its version. An epoch above all that were given out. Primary key of es_checkpoints.
SELECT 1 + coalesce(max(epoch), 0) FROM es_checkpoints WHERE projection = ?1 AND version = ?2
