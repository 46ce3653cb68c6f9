-- $1: projection, $2: its version. Its row, so that there is one to lock; the primary key makes two workers wait for
-- each other. Gone again when the batch is rolled back.
INSERT INTO es.checkpoints (projection, version, position, store_id)
SELECT $1, $2, 0, store_id FROM es.store
ON CONFLICT DO NOTHING
