-- ?1: projection, ?2: its version, ?3: position, ?4: event, ?5: stream, ?6: state, ?7: attempts, ?8: error, ?9: now.
-- Primary key of es_dead_letters.
INSERT INTO es_dead_letters AS letter
    (projection, version, position, event_id, stream_id, state, attempts, error, failed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (projection, version, position) DO UPDATE
SET state = excluded.state, attempts = excluded.attempts, error = excluded.error, failed_at = excluded.failed_at,
    retry = 0, reason = NULL
-- Somebody may have decided meanwhile that it is not to be handled.
WHERE letter.state <> 'discarded'
