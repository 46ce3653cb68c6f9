-- $1: projection, $2: its version, $3: its parts, $4: owner, $5: for so many seconds. Notes the owner among the workers,
-- extends the leases that it has, and takes over free parts up to its share; gives the share, and what is held. Only
-- the server's clock counts.
-- Primary keys. Locks the rows that it changes, and passes over those that others have locked: a row of the owner's own is
-- locked while its batch commits, which extends the lease, and counts as held.
WITH seen AS (
    INSERT INTO es.workers AS worker (projection, version, owner, seen_until)
    VALUES ($1, $2, $4, clock_timestamp() + make_interval(secs => $5))
    ON CONFLICT (projection, version, owner) DO UPDATE SET seen_until = excluded.seen_until
), share AS MATERIALIZED (
    SELECT ($3 + count(*)) / (count(*) + 1) AS size
    FROM es.workers
    WHERE projection = $1 AND version = $2 AND owner <> $4 AND seen_until > clock_timestamp()
), own AS MATERIALIZED (
    SELECT part, epoch, unclean, leased_until
    FROM es.checkpoints
    WHERE projection = $1 AND version = $2 AND parts = $3 AND owner = $4
), unlocked AS MATERIALIZED (
    SELECT part
    FROM es.checkpoints
    WHERE projection = $1 AND version = $2 AND parts = $3 AND owner = $4 AND NOT superseded
    FOR UPDATE SKIP LOCKED
), free AS MATERIALIZED (
    SELECT part
    FROM es.checkpoints
    WHERE projection = $1 AND version = $2 AND parts = $3 AND NOT superseded
      AND (owner IS NULL OR owner <> $4 AND leased_until <= clock_timestamp())
    ORDER BY part
    LIMIT (SELECT greatest(size - (SELECT count(*) FROM own), 0) FROM share)
    FOR UPDATE SKIP LOCKED
), extended AS (
    UPDATE es.checkpoints
    SET lease = make_interval(secs => $5), leased_until = clock_timestamp() + make_interval(secs => $5)
    WHERE projection = $1 AND version = $2 AND part IN (SELECT part FROM unlocked)
    RETURNING part, epoch, unclean
), taken AS (
    UPDATE es.checkpoints
    SET epoch = epoch + 1, unclean = unclean OR owner IS NOT NULL, owner = $4,
        lease = make_interval(secs => $5), leased_until = clock_timestamp() + make_interval(secs => $5)
    WHERE projection = $1 AND version = $2 AND part IN (SELECT part FROM free)
    RETURNING part, epoch, unclean
), held AS (
    SELECT part, epoch, unclean FROM extended
    UNION ALL
    SELECT part, epoch, unclean FROM taken
    UNION ALL
    SELECT part, epoch, unclean FROM own
    WHERE leased_until > clock_timestamp() AND part NOT IN (SELECT part FROM unlocked)
)
SELECT share.size, held.part, held.epoch, held.unclean
FROM share LEFT JOIN held ON true
ORDER BY held.part
