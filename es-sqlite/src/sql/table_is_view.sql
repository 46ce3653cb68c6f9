-- ?1: a name. Whether it is that of a view. The schema, which is in memory.
SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?1)
