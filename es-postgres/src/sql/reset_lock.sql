-- $1: projection, $2: its version. Waits for the batches that are about to commit, and keeps others from doing so until the
-- transaction ends. Locks the rows, found by the primary key, in its order.
SELECT part FROM es.checkpoints WHERE projection = $1 AND version = $2 ORDER BY part FOR UPDATE
