-- ?1: projection, ?2: its version, ?3: its parts, ?4 and ?5: position and event, ?6: the epoch, ?7: now. All parts there, and
-- nobody's; none of them has a row. Primary key of es_checkpoints.
WITH RECURSIVE numbered (part) AS (
    SELECT 0 UNION ALL SELECT part + 1 FROM numbered WHERE part + 1 < ?3
)
INSERT INTO es_checkpoints
    (projection, version, part, parts, position, event_id, store_id, updated_at, begun, epoch, superseded)
SELECT ?1, ?2, part, ?3, ?4, ?5, store_id, ?7, 1, ?6,
       EXISTS (SELECT 1 FROM es_serving WHERE projection = ?1 AND version > ?2)
FROM es_store, numbered
