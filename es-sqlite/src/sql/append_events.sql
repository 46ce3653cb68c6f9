-- Twelve values for each event. Enters the primary key and both unique indexes of es_events.
INSERT INTO es_events
    (position, stream_id, stream_hash, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at)
VALUES
