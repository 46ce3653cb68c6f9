-- ?1: projection, ?2: its version, ?3: part, ?4: the number of parts, ?5 and ?6: position and event, ?7: now. The first
-- checkpoint of a projection that nobody holds a lease on: its row, or the row that stands at the beginning. Nothing when a
-- later version serves, or it was split in another way. Primary keys of es_serving and es_checkpoints.
INSERT INTO es_checkpoints AS found (projection, version, part, parts, position, event_id, store_id, updated_at, begun)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, store_id, ?7, 1
FROM es_store
WHERE NOT EXISTS (SELECT 1 FROM es_serving WHERE projection = ?1 AND version > ?2)
  AND NOT EXISTS (SELECT 1 FROM es_checkpoints WHERE projection = ?1 AND version = ?2 AND parts <> ?4)
ON CONFLICT (projection, version, part) DO UPDATE
SET position = excluded.position, event_id = excluded.event_id, updated_at = excluded.updated_at, begun = 1,
    trying = CASE WHEN found.trying > excluded.position THEN found.trying END,
    attempts = CASE WHEN found.trying > excluded.position THEN found.attempts ELSE 0 END
WHERE found.position = 0 AND found.event_id IS NULL AND found.superseded = 0
