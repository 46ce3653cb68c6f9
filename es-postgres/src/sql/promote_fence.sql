-- $1: projection, $2: the version that serves now. Ends the leases of all other versions; earlier ones are neither leased nor
-- moved any more. Locks the rows, found by the primary key: waits for batches that are about to commit.
UPDATE es.checkpoints
SET superseded = version < $2,
    epoch = CASE WHEN version = $2 THEN epoch ELSE epoch + 1 END,
    owner = CASE WHEN version = $2 THEN owner END,
    leased_until = CASE WHEN version = $2 THEN leased_until END
WHERE projection = $1
