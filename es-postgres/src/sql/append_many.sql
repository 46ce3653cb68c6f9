-- es.append
-- $1 to $5: one element per stream, each stream once: id, category, number of events, and from which to which version it may
-- be at: 0 to 0 must not exist yet, 0 to more may or may not, 1 or more must exist.
-- $6 to $13: one element per event: its stream, how many of that stream come after it, and what is stored.
-- Gives the events that were written, in order. Streams of which there is none lost, or somebody else has locked them.
-- Rows of es.streams are found and locked through its primary key, in the order of their ids. One that is locked is passed
-- over: nobody waits for it who has not come for it alone. Two calls can still wait for each other over streams that they
-- begin, in the order of their ids, and over event ids, in any order, as it is the index that makes one wait; the server
-- notices a deadlock, and the loser is sent again.
-- The plan is made once per connection, perhaps when there is no stream yet, and must not be one for a small table: so
-- rows are looked up one by one (a locking subquery is not turned into a join), and moved by way of ON CONFLICT.
WITH entry AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS entry (stream_id, category, events, lowest, highest)
), moved AS (
    INSERT INTO es.streams AS head (stream_id, category, version)
    SELECT entry.stream_id, entry.category, entry.events
    FROM (SELECT * FROM entry WHERE highest > 0 ORDER BY stream_id) entry CROSS JOIN LATERAL (
        SELECT FROM es.streams head
        WHERE head.stream_id = entry.stream_id AND head.category = entry.category
          AND head.version BETWEEN entry.lowest AND entry.highest
        FOR NO KEY UPDATE SKIP LOCKED
    ) head
    -- It is always there: streams are never deleted.
    ON CONFLICT (stream_id) DO UPDATE SET version = head.version + excluded.version
    RETURNING stream_id, category, version
), begun AS (
    INSERT INTO es.streams (stream_id, category, version)
    SELECT stream_id, category, events FROM entry
    WHERE lowest = 0
      AND (highest = 0 OR (SELECT count(*) FROM es.streams head WHERE head.stream_id = entry.stream_id) = 0)
    ORDER BY stream_id
    ON CONFLICT (stream_id) DO NOTHING
    RETURNING stream_id, category, version
)
INSERT INTO es.events
    (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
SELECT stream_id, move.version - event.after, event_id, move.category, type, schema_version,
       payload::json, metadata::json, occurred_at
FROM unnest($6::uuid[], $7::bigint[], $8::uuid[], $9::text[], $10::integer[], $11::text[], $12::text[],
            $13::timestamptz[]) WITH ORDINALITY
     AS event (stream_id, after, event_id, type, schema_version, payload, metadata, occurred_at, place)
-- First those that are there, all of them: to lock one never waits.
JOIN (SELECT * FROM moved UNION ALL SELECT * FROM begun) move USING (stream_id)
ORDER BY place
RETURNING stream_id, version, position
