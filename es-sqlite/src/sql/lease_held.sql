-- ?1: projection, ?2: its version, ?3: owner. What it has. Primary key, in its order.
SELECT part, epoch, unclean FROM es_checkpoints WHERE projection = ?1 AND version = ?2 AND owner = ?3 ORDER BY part
