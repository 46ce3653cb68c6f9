-- The log. One row per event, appended and never changed.

CREATE TABLE es.store (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Tells this log from every other one: checkpoints keep it.
    store_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO es.store DEFAULT VALUES;

-- The head of each stream: the row that an append locks and moves. Room is left on each page for the moved rows.
CREATE TABLE es.streams (
    stream_id uuid PRIMARY KEY,
    category  text COLLATE "C" NOT NULL,
    version   bigint NOT NULL CHECK (version > 0)
) WITH (fillfactor = 70);

CREATE TABLE es.events (
    -- The sequence keeps CACHE 1: a cached range would be handed out late, below positions that are settled already.
    position       bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    stream_id      uuid NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    event_id       uuid NOT NULL,
    category       text COLLATE "C" NOT NULL,
    type           text COLLATE "C" NOT NULL,
    schema_version integer NOT NULL CHECK (schema_version > 0),
    payload        json NOT NULL,
    metadata       json NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_stream_version UNIQUE (stream_id, version),
    CONSTRAINT events_event_id UNIQUE (event_id)
);

CREATE FUNCTION es.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON es.events
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
-- Also for superusers who set session_replication_role.
ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_are_never_changed;

-- Up to where each projection has come, written in the transaction that writes its read models.
CREATE TABLE es.checkpoints (
    projection text COLLATE "C" NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    position   bigint NOT NULL CHECK (position >= 0),
    event_id   uuid,
    store_id   uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, version)
);
