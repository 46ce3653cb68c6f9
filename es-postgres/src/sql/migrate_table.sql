CREATE TABLE IF NOT EXISTS es.migrations (
    version    bigint PRIMARY KEY CHECK (version > 0),
    name       text NOT NULL,
    -- SHA-256 of the script that was applied.
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
