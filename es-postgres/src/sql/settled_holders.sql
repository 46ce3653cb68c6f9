-- Who may have drawn a position and not yet shown what became of it, and whether this server could know.
-- Reads the lock manager's shared memory; takes no lock on any table. No condition on pid: a prepared transaction
-- has none. Not granted means not yet allowed to insert, so no position drawn either.
SELECT pg_catalog.pg_is_in_recovery() AS replica,
       coalesce(array_agg(virtualtransaction), '{}') AS holders
FROM pg_catalog.pg_locks
WHERE locktype = 'relation'
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND relation = 'es.events'::pg_catalog.regclass
  AND mode = 'RowExclusiveLock'
  AND granted
