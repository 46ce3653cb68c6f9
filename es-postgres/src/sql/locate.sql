-- $1: event ids. Where those that are stored are. Unique index events_event_id; no lock but ACCESS SHARE.
SELECT event_id, stream_id, version, position FROM es.events WHERE event_id = ANY ($1)
