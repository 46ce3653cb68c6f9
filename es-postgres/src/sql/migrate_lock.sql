-- One process migrates at a time; the lock ends with the transaction. The number is ours: "es_migra" in ASCII.
SELECT pg_catalog.pg_advisory_xact_lock(x'65735f6d69677261'::bigint)
