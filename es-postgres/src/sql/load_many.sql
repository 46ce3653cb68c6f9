-- es.load
-- $1 to $3: one element per load: the stream, after which version, and up to which one. $4: at most so many events of each.
-- Unique index events_stream_version, once per load, in its order: the events of a load come by rising version, after those
-- of the loads before it. No lock but ACCESS SHARE.
SELECT event.*, asked.number
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS asked (stream_id, after, up_to, number)
CROSS JOIN LATERAL (
    -- The stream is known to who asks, and so is not sent; its column keeps its place.
    SELECT position, NULL::uuid AS stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at
    FROM es.events
    WHERE stream_id = asked.stream_id AND version > asked.after AND version <= asked.up_to
    ORDER BY version
    LIMIT $4
) event
