-- Everybody who may be appending: who holds the lock that an append takes, or waits for it, and who has begun a
-- statement that will take it (the server keeps the first 1,024 bytes of it). Reads shared memory; takes no lock on any
-- table.
SELECT 'transaction ' || virtualtransaction AS writer
FROM pg_catalog.pg_locks
WHERE locktype = 'relation'
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND relation IN ('es.events'::pg_catalog.regclass, 'es.streams'::pg_catalog.regclass)
  AND mode = 'RowExclusiveLock'
  AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
UNION
SELECT 'statement ' || pid || ' ' || query_start
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database()
  AND pid <> pg_catalog.pg_backend_pid()
  AND state = 'active'
  AND query LIKE '-- es.append%'
