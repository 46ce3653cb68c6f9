-- $1: a table's name, quoted. Whether it is a view. Catalogue indexes; no lock but ACCESS SHARE.
SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1) AND relkind = 'v')
