-- $4 to $9: the events, one element each. The second half of all three: no row in `won`, no event.
-- Positions are drawn here, after the stream's row is locked, so that they rise with its versions.
-- Enters the three unique indexes of es.events; ROW EXCLUSIVE on both tables is taken before any part of this runs.
, written AS (
    INSERT INTO es.events
        (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
    SELECT $1, won.version - $3 + nth, event_id, $2, type, schema_version, payload::json, metadata::json, occurred_at
    FROM won,
         unnest($4::uuid[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::timestamptz[]) WITH ORDINALITY
         AS event (event_id, type, schema_version, payload, metadata, occurred_at, nth)
    ORDER BY nth
    RETURNING position
)
SELECT won.version, max(position) AS position FROM won, written GROUP BY won.version
