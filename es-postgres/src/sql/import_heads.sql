-- es.append
-- $1 to $3: one element per stream: id, category, number of events. Begins each stream, or goes on with it whatever its
-- version; one of another category is left alone and not returned. With each comes the time at which this transaction began.
-- Rows of es.streams are found and locked through its primary key, in the order of the ids; the locks are held until the
-- import ends.
INSERT INTO es.streams AS head (stream_id, category, version)
SELECT stream_id, category, events
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS entry (stream_id, category, events)
ORDER BY stream_id
ON CONFLICT (stream_id) DO UPDATE SET version = head.version + excluded.version
    WHERE head.category = excluded.category
RETURNING stream_id, version, now()
