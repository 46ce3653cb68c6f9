-- $1 to $7: as $1, $2 and $4 to $8 of read_log_filtered.sql. How many there are. The primary key's range; no lock but
-- ACCESS SHARE.
SELECT count(*)
FROM es.events
WHERE position > $1 AND position <= $2
  AND ($3::text[] IS NULL OR type = ANY ($3))
  AND ($4::text IS NULL OR category = $4)
  AND ($5::text IS NULL OR metadata ->> 'tenant' = $5)
  AND ($7::bigint = 1 OR (('x' || left(stream_id::text, 8))::bit(32) # ('x' || right(stream_id::text, 8))::bit(32))::bigint % $7 = $6)
