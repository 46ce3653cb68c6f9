-- ?1: a table's name. Its columns: name, declared type, whether empty is allowed, whether it alone is the primary key, whether it
-- is filled in when a writer does not name it. The schema, which is in memory. No rows when there is no such table.
SELECT name,
       upper(type),
       "notnull" = 0,
       pk = 1 AND (SELECT max(pk) FROM pragma_table_xinfo(?1)) = 1,
       dflt_value IS NOT NULL OR hidden <> 0
FROM pragma_table_xinfo(?1)
ORDER BY cid
