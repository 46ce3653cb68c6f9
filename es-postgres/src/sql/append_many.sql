-- es.append
-- $1 to $5: one element per stream: id, category, number of events, and from which to which version it may be at:
-- 0 to 0 must not exist yet, 0 to more may or may not, 1 or more must exist.
-- $6 to $13: one element per event: its entry (from 1), its number in it (from 1), and what is stored.
-- Gives the entries that were written, by their number: the others lost, or somebody else has locked their stream, and
-- nothing was written for them.
-- Rows of es.streams are found and locked through its primary key. One that is locked is passed over: nobody waits for it
-- who has not come for it alone. Two calls can still meet, and even deadlock, over streams that they begin, as it is the
-- index that makes one wait for the other; the server notices, and the loser is sent again.
-- The plan is made once per connection, perhaps when there is no stream yet, and must not be one for a small table: so
-- rows are looked up one by one (a locking subquery is not turned into a join), and moved by way of ON CONFLICT.
WITH entry AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY
        AS entry (stream_id, category, events, lowest, highest, number)
), locked AS (
    SELECT entry.stream_id
    FROM (SELECT * FROM entry ORDER BY stream_id) entry CROSS JOIN LATERAL (
        SELECT FROM es.streams head
        WHERE head.stream_id = entry.stream_id AND head.category = entry.category
          AND head.version BETWEEN entry.lowest AND entry.highest
        FOR NO KEY UPDATE SKIP LOCKED
    ) head
), begun AS (
    INSERT INTO es.streams (stream_id, category, version)
    SELECT stream_id, category, events FROM entry
    -- The count is there to have `locked` done first.
    WHERE lowest = 0 AND highest = 0 AND (SELECT count(*) FROM locked) >= 0
    ORDER BY stream_id
    ON CONFLICT (stream_id) DO NOTHING
    RETURNING stream_id, version
), moved AS (
    INSERT INTO es.streams AS head (stream_id, category, version)
    SELECT stream_id, category, events FROM entry
    -- What is there is moved if it is locked, and stays as it was found; what may be missing is begun.
    WHERE highest > 0 AND (
        stream_id IN (SELECT stream_id FROM locked)
        OR lowest = 0 AND (SELECT count(*) FROM es.streams head WHERE head.stream_id = entry.stream_id) = 0
    )
    ORDER BY stream_id
    ON CONFLICT (stream_id) DO UPDATE SET version = head.version + excluded.version
        WHERE head.category = excluded.category
    RETURNING stream_id, version
), won AS (
    SELECT entry.number, entry.stream_id, entry.category, moves.version, moves.version - entry.events AS base
    FROM entry
    JOIN (SELECT * FROM begun UNION ALL SELECT * FROM moved) moves USING (stream_id)
), written AS (
    INSERT INTO es.events
        (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
    SELECT won.stream_id, won.base + event.nth, event_id, won.category, type, schema_version,
           payload::json, metadata::json, occurred_at
    FROM unnest($6::bigint[], $7::bigint[], $8::uuid[], $9::text[], $10::integer[], $11::text[], $12::text[],
                $13::timestamptz[]) WITH ORDINALITY
         AS event (number, nth, event_id, type, schema_version, payload, metadata, occurred_at, place)
    JOIN won USING (number)
    ORDER BY place
    RETURNING stream_id, position
)
SELECT won.number, won.version, max(position) AS position
FROM written JOIN won USING (stream_id)
GROUP BY won.number, won.version
