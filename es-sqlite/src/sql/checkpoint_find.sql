-- ?1: projection, ?2: its version, ?3: part. Where it stands, into how many parts it is split, whether that is in this
-- log. Primary key of es_checkpoints. A part that has not begun is found as any other, which tells the split.
SELECT CASE WHEN part = ?3 THEN position ELSE 0 END,
       CASE WHEN part = ?3 THEN event_id END,
       parts,
       store_id = (SELECT store_id FROM es_store)
FROM es_checkpoints
WHERE projection = ?1 AND version = ?2
ORDER BY part = ?3 DESC
LIMIT 1
