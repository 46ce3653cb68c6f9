-- The table of the log with its indexes; payload and metadata are of the type that is measured.
DROP TABLE IF EXISTS COLUMN_events;
CREATE TABLE COLUMN_events (
    position       bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    stream_id      uuid NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    event_id       uuid NOT NULL,
    category       text COLLATE "C" NOT NULL,
    type           text COLLATE "C" NOT NULL,
    schema_version integer NOT NULL CHECK (schema_version > 0),
    payload        COLUMN NOT NULL,
    metadata       COLUMN NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream_id, version),
    UNIQUE (event_id)
);
