-- es.append
-- $1: stream, $2: category, $3: number of events, $10 to $11: the versions it may have. Goes on with a stream.
-- Locks the stream's row through the primary key of es.streams; who had to wait looks at the version again.
WITH won AS (
    UPDATE es.streams SET version = version + $3
    WHERE stream_id = $1 AND category = $2 AND version BETWEEN $10 AND $11
    RETURNING version
)
