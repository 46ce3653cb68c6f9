-- $1: stream, $2: category, $3: version, $4: position, $5: fingerprint, $6: state, $7: checksum.
-- Gives a row if it is kept: the stream has that event, and what is kept is not newer; unless that is of an event which
-- the stream has not, so that a row that was changed by hand does not stay for ever. Unique index events_stream_version,
-- primary key of es.snapshots, whose row is locked.
-- Of shapes that no program has written for a day the stream's rows are removed, by the beginning of the same key.
WITH saved AS (
    INSERT INTO es.snapshots AS kept (stream_id, fingerprint, version, position, state, checksum)
    SELECT $1, $5, $3, $4, $6::json, $7
    FROM es.events event
    WHERE event.stream_id = $1 AND event.version = $3 AND event.position = $4 AND event.category = $2
    ON CONFLICT (stream_id, fingerprint) DO UPDATE SET
        version = excluded.version, position = excluded.position, state = excluded.state,
        checksum = excluded.checksum, created_at = excluded.created_at
        WHERE kept.version <= excluded.version OR NOT EXISTS (
            SELECT FROM es.events event
            WHERE event.stream_id = kept.stream_id AND event.version = kept.version AND event.position = kept.position
        )
    RETURNING version
), forgotten AS (
    DELETE FROM es.snapshots
    WHERE stream_id = $1 AND fingerprint <> $5 AND created_at < now() - interval '1 day'
      AND EXISTS (SELECT FROM saved)
)
SELECT version FROM saved
