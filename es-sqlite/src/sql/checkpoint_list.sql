-- ?1: projection, ?2: its version. Where its parts stand. Primary key, in its order.
SELECT part, position, event_id FROM es_checkpoints WHERE projection = ?1 AND version = ?2 ORDER BY part
