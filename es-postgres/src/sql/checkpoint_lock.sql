-- $1: projection, $2: its version. Where it stands, and whether that is in this log. Locks the row, found by the primary
-- key, until the batch has ended: a second worker waits here and then sees where the first has come.
SELECT position, event_id, store_id = (SELECT store_id FROM es.store) AS of_this_log
FROM es.checkpoints
WHERE projection = $1 AND version = $2
FOR UPDATE
