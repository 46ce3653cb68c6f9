-- $1: stream, $2: fingerprint of the snapshot, $3: nothing beyond this version.
-- Gives the snapshot first, if there is one: its type and id are NULL, its payload is the state, and it alone has a
-- checksum. Then the events after it. It counts only if the stream has its event: primary key of es.snapshots, unique
-- index events_stream_version. The events come in the order of that index. No lock but ACCESS SHARE.
WITH kept AS MATERIALIZED (
    SELECT event.position, event.stream_id, event.version, event.category, kept.state, kept.created_at, kept.checksum
    FROM es.snapshots kept
    JOIN es.events event USING (stream_id, version, position)
    WHERE kept.stream_id = $1 AND kept.fingerprint = $2 AND kept.version <= $3
)
SELECT position, stream_id, version, NULL::uuid AS event_id, category, NULL::text AS type, NULL::integer AS schema_version,
       state AS payload, NULL::json AS metadata, created_at AS occurred_at, created_at AS recorded_at, checksum
FROM kept
UNION ALL
SELECT position, stream_id, version, event_id, category, type, schema_version,
       payload, metadata, occurred_at, recorded_at, NULL
FROM es.events
WHERE stream_id = $1 AND version > coalesce((SELECT version FROM kept), 0) AND version <= $3
ORDER BY version
