-- Who holds the lock that an append takes, those first who have it longest. Read from the server's memory; takes no lock on
-- any table. A prepared transaction has no process: it is found by its transaction id, or by the virtual id that it keeps
-- until the server restarts, which goes with it in the table of locks.
SELECT holder.virtualtransaction AS transaction,
       holder.pid,
       coalesce(prepared.owner::text, activity.usename::text) AS user_name,
       activity.application_name,
       activity.state,
       coalesce(prepared.prepared, activity.xact_start) AS since,
       extract(epoch FROM clock_timestamp() - coalesce(prepared.prepared, activity.xact_start))::float8 AS seconds,
       prepared.gid
FROM pg_catalog.pg_locks holder
LEFT JOIN pg_catalog.pg_stat_activity activity ON activity.pid = holder.pid
LEFT JOIN pg_catalog.pg_locks own
       ON holder.pid IS NULL AND own.locktype = 'transactionid' AND own.virtualtransaction = holder.virtualtransaction
      AND own.mode = 'ExclusiveLock' AND own.pid IS NULL
LEFT JOIN pg_catalog.pg_prepared_xacts prepared ON prepared.transaction = own.transactionid
WHERE holder.locktype = 'relation'
  AND holder.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND holder.relation = 'es.events'::pg_catalog.regclass
  AND holder.mode = 'RowExclusiveLock'
  AND holder.granted
ORDER BY since NULLS LAST, holder.virtualtransaction
