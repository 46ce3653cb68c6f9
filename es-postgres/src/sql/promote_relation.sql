-- $1: a name, quoted. What kind of relation has it; no row when none on the search path has. Catalogue indexes.
SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)
