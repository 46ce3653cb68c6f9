-- As read_log.sql, only events of the types $4, the category $5, and the tenant $6, each unless NULL; and of streams in part
-- $7 of $8: the first and the last four bytes of the UUID, see `Part::has`. Bits become a bigint without a sign. Sifted out
-- while the primary key is walked.
SELECT position, stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es.events
WHERE position > $1 AND position <= $2
  AND ($4::text[] IS NULL OR type = ANY ($4))
  AND ($5::text IS NULL OR category = $5)
  AND ($6::text IS NULL OR metadata ->> 'tenant' = $6)
  AND ($8::bigint = 1 OR (('x' || left(stream_id::text, 8))::bit(32) # ('x' || right(stream_id::text, 8))::bit(32))::bigint % $8 = $7)
ORDER BY position
LIMIT $3
