-- ?1: event ids, as a JSON array of hexadecimal texts. Where those that are stored are. Unique index es_events_event_id.
SELECT event_id, stream_id, version, position
FROM es_events
WHERE event_id IN (SELECT unhex(value) FROM json_each(?1))
