-- ?1: projection, ?2: its version, ?3: into how many parts it is to be split. Which version serves; into how many parts it is
-- split, how many of them have a row, whether any of them has begun, and the highest epoch. Primary keys.
SELECT (SELECT version FROM es_serving WHERE projection = ?1),
       coalesce(max(parts) FILTER (WHERE parts <> ?3), ?3),
       count(*),
       coalesce(max(position > 0 OR event_id IS NOT NULL), 0),
       coalesce(max(epoch), 0)
FROM es_checkpoints
WHERE projection = ?1 AND version = ?2
