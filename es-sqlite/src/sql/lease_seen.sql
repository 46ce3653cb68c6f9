-- ?1: projection, ?2: its version, ?3: owner, ?4: now, ?5: for so long. Puts it on the list. Primary key.
INSERT INTO es_workers (projection, version, owner, seen_until, lease)
VALUES (?1, ?2, ?3, ?4 + ?5, ?5)
ON CONFLICT (projection, version, owner) DO UPDATE SET seen_until = excluded.seen_until, lease = excluded.lease
