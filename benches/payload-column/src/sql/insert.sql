-- $1 to $6: the events, one element each. Enters the three unique indexes; ROW EXCLUSIVE.
INSERT INTO COLUMN_events
    (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
SELECT stream_id, version, event_id, 'loan-application', type, 1, payload::COLUMN, metadata::COLUMN, now()
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::SENT[], $6::SENT[]) WITH ORDINALITY
     AS event (stream_id, version, event_id, type, payload, metadata, nth)
ORDER BY nth
