-- Everything that the store keeps. Times are microseconds since 1970, UUIDs their 16 bytes, flags 0 or 1.

CREATE TABLE es_store (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- Tells this log from every other one: checkpoints keep it.
    store_id   BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO es_store VALUES (1, randomblob(16), CAST(unixepoch('subsec') * 1000000 AS INTEGER));

-- The log. One row per event, appended and never changed. Positions are 1, 2, 3 …: there is one writer at a time, so the
-- next one is the last one plus one, and none is ever left out.
CREATE TABLE es_events (
    position       INTEGER PRIMARY KEY,
    stream_id      BLOB NOT NULL CHECK (length(stream_id) = 16),
    -- What decides to which part of a split projection the stream belongs: see `Part::hash`.
    stream_hash    INTEGER NOT NULL,
    version        INTEGER NOT NULL CHECK (version > 0),
    event_id       BLOB NOT NULL CHECK (length(event_id) = 16),
    category       TEXT NOT NULL,
    type           TEXT NOT NULL,
    schema_version INTEGER NOT NULL CHECK (schema_version > 0),
    payload        TEXT NOT NULL,
    metadata       TEXT NOT NULL,
    occurred_at    INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL
) STRICT;

-- The last entry of a stream is its head, so there is no table of heads.
CREATE UNIQUE INDEX es_events_stream_version ON es_events (stream_id, version);
CREATE UNIQUE INDEX es_events_event_id ON es_events (event_id);

CREATE TRIGGER es_events_are_never_updated BEFORE UPDATE ON es_events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed: UPDATE on es_events is refused');
END;

CREATE TRIGGER es_events_are_never_deleted BEFORE DELETE ON es_events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed: DELETE on es_events is refused');
END;

-- `INSERT OR REPLACE` would remove the event that is in its way without asking the trigger above.
CREATE TRIGGER es_events_are_never_replaced BEFORE INSERT ON es_events
WHEN NEW.position <= (SELECT max(position) FROM es_events)
    OR EXISTS (SELECT 1 FROM es_events WHERE event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM es_events WHERE stream_id = NEW.stream_id AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'events are never changed: an event is in the way of another one in es_events');
END;

-- Where each part of a projection has come, who runs it, and what it tries. Written in the transaction that writes its
-- read models. Part 0 of 1 is the whole of a projection.
CREATE TABLE es_checkpoints (
    projection   TEXT NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    part         INTEGER NOT NULL CHECK (part >= 0),
    parts        INTEGER NOT NULL CHECK (parts > part),
    position     INTEGER NOT NULL DEFAULT 0 CHECK (position >= 0),
    event_id     BLOB,
    store_id     BLOB NOT NULL,
    updated_at   INTEGER NOT NULL,
    -- The checkpoint was put there by a commit or a reset, be it at the beginning.
    begun        INTEGER NOT NULL DEFAULT 0,
    -- The lease. The epoch rises with every owner, so that a batch of an earlier one cannot be committed.
    epoch        INTEGER NOT NULL DEFAULT 0,
    owner        BLOB,
    leased_until INTEGER,
    -- For how long it was given, in microseconds.
    lease        INTEGER,
    -- The last owner did not give its lease back.
    unclean      INTEGER NOT NULL DEFAULT 0,
    -- A later version serves: this one is neither leased nor moved any more.
    superseded   INTEGER NOT NULL DEFAULT 0,
    -- The event that is tried by itself, and how often it was; counted before each attempt.
    trying       INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (projection, version, part)
) STRICT, WITHOUT ROWID;

-- The processes that are ready to run a projection: each has its share of the parts.
CREATE TABLE es_workers (
    projection TEXT NOT NULL,
    version    INTEGER NOT NULL,
    owner      BLOB NOT NULL,
    seen_until INTEGER NOT NULL,
    -- For how long it is counted without a word of it, in microseconds.
    lease      INTEGER NOT NULL,
    PRIMARY KEY (projection, version, owner)
) STRICT, WITHOUT ROWID;

-- Which version of a projection serves; the others are not run any more.
CREATE TABLE es_serving (
    projection TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    since      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that a projection could not handle, and those that wait behind them.
CREATE TABLE es_dead_letters (
    projection TEXT NOT NULL,
    version    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    event_id   BLOB NOT NULL,
    stream_id  BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('failed', 'parked', 'discarded')),
    attempts   INTEGER NOT NULL,
    error      TEXT NOT NULL,
    failed_at  INTEGER NOT NULL,
    retry      INTEGER NOT NULL DEFAULT 0,
    reason     TEXT,
    PRIMARY KEY (projection, version, position)
) STRICT, WITHOUT ROWID;

-- States of streams, kept so that not all events need be replayed: a cache, which may be emptied at any time.
CREATE TABLE es_snapshots (
    stream_id   BLOB NOT NULL,
    -- The shape of the state. Programs of two versions each have a snapshot of a stream, and do not displace the other's.
    fingerprint INTEGER NOT NULL,
    -- The last event in it.
    version     INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    state       TEXT NOT NULL,
    -- Over all of the above: a row that was changed by hand is passed over.
    checksum    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (stream_id, fingerprint)
) STRICT;
