-- es.append
-- Takes events of streams whose rows in es.streams are locked by this transaction, so positions rise with versions; they
-- are drawn here, row by row, in the order in which the events come.
-- Enters the three unique indexes of es.events; takes ROW EXCLUSIVE on it before the first position is drawn.
COPY es.events
    (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at,
     recorded_at)
FROM STDIN (FORMAT binary)
