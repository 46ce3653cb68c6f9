-- $1: stream, $2: fingerprint of the snapshot, $3: nothing beyond this version, $4: at most so many rows, for the planner's sake
-- as in read_stream.sql.
-- Gives the events from the one on that the snapshot was made after; without a snapshot, all. That first row has the state
-- for its payload, the time of the snapshot for its own, and alone has a checksum. It counts only if the stream has
-- its event: primary key of es.snapshots, then that of es.events. The events are found by the unique index
-- events_stream_version and come in its order, without a sort: a long stream is sent while it is read. No lock but ACCESS
-- SHARE.
WITH kept AS MATERIALIZED (
    SELECT kept.version, kept.state, kept.created_at, kept.checksum
    FROM es.snapshots kept
    JOIN es.events event USING (stream_id, version, position)
    WHERE kept.stream_id = $1 AND kept.fingerprint = $2 AND kept.version <= $3
)
-- The stream is known to who asks, and so is not sent; its column keeps its place.
SELECT position, NULL::uuid AS stream_id, version, event_id, category, type, schema_version,
       CASE WHEN version = (SELECT version FROM kept) THEN (SELECT state FROM kept) ELSE payload END AS payload,
       metadata,
       CASE WHEN version = (SELECT version FROM kept) THEN (SELECT created_at FROM kept) ELSE occurred_at END AS occurred_at,
       recorded_at,
       CASE WHEN version = (SELECT version FROM kept) THEN (SELECT checksum FROM kept) END AS checksum
FROM es.events
WHERE stream_id = $1 AND version >= coalesce((SELECT version FROM kept), 1) AND version <= $3
ORDER BY version
LIMIT $4
