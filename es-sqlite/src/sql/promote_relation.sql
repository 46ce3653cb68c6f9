-- ?1: a name. Whether a table or a view has it, and the statement that made it. Scans the schema, which is in memory.
SELECT type, sql FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')
