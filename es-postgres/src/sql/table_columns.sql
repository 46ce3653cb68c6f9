-- $1: a table's name, quoted. Its columns: name, type, whether empty is allowed, whether it alone is the primary key,
-- whether it is filled in when a writer does not name it.
-- Catalogue indexes; no lock but ACCESS SHARE. No rows when there is no such table on the search path.
SELECT attribute.attname::text AS name,
       pg_catalog.format_type(attribute.atttypid, attribute.atttypmod)
           || coalesce(' COLLATE "' || collation_.collname || '"', '') AS type,
       NOT attribute.attnotnull AS nullable,
       coalesce(key.indnkeyatts = 1 AND key.indkey[0] = attribute.attnum, false) AS key,
       attribute.atthasdef OR attribute.attidentity <> '' AS default
FROM pg_catalog.pg_attribute attribute
LEFT JOIN pg_catalog.pg_collation collation_
       ON collation_.oid = attribute.attcollation AND collation_.collname <> 'default'
LEFT JOIN pg_catalog.pg_index key ON key.indrelid = attribute.attrelid AND key.indisprimary
WHERE attribute.attrelid = pg_catalog.to_regclass($1) AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY attribute.attnum
