-- $1: a table's name, $2: keys of its rows. Locks those rows for the transaction, there or not, in the same order in every
-- process: whoever reads them by a later statement sees what the last one who had them wrote. Advisory locks, which
-- nobody else takes; two keys of one hash share a lock and at worst wait for each other. No index, no table.
SELECT pg_catalog.pg_advisory_xact_lock(id)
FROM (
    SELECT DISTINCT pg_catalog.hashtextextended(key, pg_catalog.hashtextextended($1, 0)) AS id
    FROM unnest($2::text[]) AS key
    ORDER BY id
) AS ids
