-- One process makes tables at a time; the lock ends with the transaction. The number is ours: "es_table" in ASCII.
SELECT pg_catalog.pg_advisory_xact_lock(x'65735f7461626c65'::bigint)
