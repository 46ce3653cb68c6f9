-- ?1: stream, ?2: fingerprint, ?3: nothing beyond this version. The snapshot, with the id and the category of the event that it
-- was made after; it counts only if the stream has that event. Primary key of es_snapshots, then that of es_events.
SELECT kept.version, kept.position, kept.state, kept.checksum, kept.created_at, event.event_id, event.category
FROM es_snapshots AS kept
JOIN es_events AS event
  ON event.position = kept.position AND event.stream_id = kept.stream_id AND event.version = kept.version
WHERE kept.stream_id = ?1 AND kept.fingerprint = ?2 AND kept.version <= ?3
