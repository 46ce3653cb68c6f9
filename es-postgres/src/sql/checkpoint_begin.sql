-- $1: projection, $2: its version, $3: part, $4: the number of parts, $5 and $6: position and event. The first checkpoint of
-- a projection that nobody holds a lease on: its row, or the row that stands at the beginning. Of two that do this the primary
-- key makes the second wait, and then find that it has moved.
INSERT INTO es.checkpoints AS found (projection, version, part, parts, position, event_id, store_id, begun)
SELECT $1, $2, $3, $4, $5, $6, store_id, true
FROM es.store
WHERE NOT EXISTS (SELECT FROM es.serving WHERE projection = $1 AND version > $2)
ON CONFLICT (projection, version, part) DO UPDATE SET position = $5, event_id = $6, begun = true, updated_at = now()
WHERE found.position = 0 AND found.event_id IS NULL AND found.parts = $4 AND NOT found.superseded
