-- ?1: projection, ?2: its version, ?3: into how many parts it is split, ?4: an epoch that none of them had, ?5: now.
-- Makes the rows that are missing. Primary key.
WITH RECURSIVE numbers (part) AS (
    SELECT 0
    UNION ALL
    SELECT part + 1 FROM numbers WHERE part + 1 < ?3
)
INSERT INTO es_checkpoints (projection, version, part, parts, store_id, updated_at, epoch)
SELECT ?1, ?2, part, ?3, store_id, ?5, ?4
FROM numbers, es_store
WHERE true
ON CONFLICT (projection, version, part) DO NOTHING
