-- $1: projection, $2: its version, $3: owner. Takes it off the list, and those of whom nothing was heard for a day, who
-- count no more anyway. Primary key; passes over rows that others have locked.
DELETE FROM es.workers
WHERE (projection, version, owner) IN (
    SELECT projection, version, owner
    FROM es.workers
    WHERE projection = $1 AND version = $2 AND (owner = $3 OR seen_until < clock_timestamp() - interval '1 day')
    FOR UPDATE SKIP LOCKED
)
