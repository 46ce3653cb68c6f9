-- ?1: projection, ?2: the version that serves now. Ends the leases of earlier versions, which are neither leased nor moved any
-- more; later ones may be again. The beginning of the primary key.
UPDATE es_checkpoints
SET superseded = version < ?2,
    epoch = CASE WHEN version < ?2 THEN epoch + 1 ELSE epoch END,
    owner = CASE WHEN version < ?2 THEN NULL ELSE owner END,
    leased_until = CASE WHEN version < ?2 THEN NULL ELSE leased_until END
WHERE projection = ?1 AND superseded <> (version < ?2)
