-- ?1: event ids, as a JSON array of hexadecimal texts. Those that are stored. Unique index es_events_event_id.
SELECT event_id FROM es_events WHERE event_id IN (SELECT unhex(value) FROM json_each(?1))
