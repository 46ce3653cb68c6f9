-- ?1: stream, ?2: category, ?3: version, ?4: position, ?5: fingerprint, ?6: state, ?7: checksum, ?8: now.
-- Writes a row if the stream has that event, and what is kept is not newer; unless that is of an event which the stream has
-- not, so that a row that was changed by hand does not stay for ever. Primary keys of es_events and es_snapshots.
INSERT INTO es_snapshots AS kept (stream_id, version, position, fingerprint, state, checksum, created_at)
SELECT ?1, ?3, ?4, ?5, ?6, ?7, ?8
FROM es_events AS event
WHERE event.position = ?4 AND event.stream_id = ?1 AND event.version = ?3 AND event.category = ?2
ON CONFLICT (stream_id, fingerprint) DO UPDATE SET
    version = excluded.version, position = excluded.position, state = excluded.state,
    checksum = excluded.checksum, created_at = excluded.created_at
    WHERE kept.version <= excluded.version OR NOT EXISTS (
        SELECT 1 FROM es_events AS event
        WHERE event.position = kept.position AND event.stream_id = kept.stream_id AND event.version = kept.version
    )
