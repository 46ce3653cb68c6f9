-- Whether anything was ever migrated here.
SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'es_migrations')
