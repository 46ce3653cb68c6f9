-- es.append
-- $1: stream, $2: category, $3: number of events. Begins a stream, or goes on with it whatever its version.
-- Locks the stream's row through the primary key of es.streams and moves what it finds there then: never in vain.
WITH won AS (
    INSERT INTO es.streams AS head (stream_id, category, version) VALUES ($1, $2, $3)
    ON CONFLICT (stream_id) DO UPDATE SET version = head.version + excluded.version
        WHERE head.category = excluded.category
    RETURNING version
)
