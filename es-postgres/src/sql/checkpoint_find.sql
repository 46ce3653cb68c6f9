-- $1: projection, $2: its version, $3: part. Where it stands, into how many parts it is split, whether that is in this
-- log. Primary key; no lock but ACCESS SHARE. A part that has not begun is found as any other, which tells the split.
SELECT CASE WHEN part = $3 THEN position ELSE 0 END AS position,
       CASE WHEN part = $3 THEN event_id END AS event_id,
       parts,
       store_id = (SELECT store_id FROM es.store) AS of_this_log
FROM es.checkpoints
WHERE projection = $1 AND version = $2
ORDER BY part = $3 DESC
LIMIT 1
