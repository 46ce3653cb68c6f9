-- Where it is noted what has been applied.
CREATE TABLE IF NOT EXISTS es_migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    script     TEXT NOT NULL,
    applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT
