-- $1: stream, $2: after this version, $3: up to that one, $4: at most so many. Unique index events_stream_version, in its
-- order; no lock but ACCESS SHARE. The limit is there for the planner: with one that it does not know, as in a generic plan,
-- it reads a long stream in the index's order and sends while it reads; without, it would collect and sort all of it first.
-- The stream is known to who asks, and so is not sent; its column keeps its place.
SELECT position, NULL::uuid AS stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
FROM es.events
WHERE stream_id = $1 AND version > $2 AND version <= $3
ORDER BY version
LIMIT $4
