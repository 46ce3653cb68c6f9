-- ?1: stream, ?2: fingerprint, ?3: a time. Removes the stream's snapshots of other shapes that were written before it: no
-- program writes them any more. The beginning of the primary key.
DELETE FROM es_snapshots WHERE stream_id = ?1 AND fingerprint <> ?2 AND created_at < ?3
