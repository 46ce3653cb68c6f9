-- es.append
-- $1: stream, $2: category, $3: number of events. Begins a stream, or does nothing when it is there.
-- The primary key of es.streams arbitrates: of two that begin one stream the later waits for the earlier.
WITH won AS (
    INSERT INTO es.streams (stream_id, category, version) VALUES ($1, $2, $3)
    ON CONFLICT (stream_id) DO NOTHING
    RETURNING version
)
