-- States of streams, kept so that not all events need be replayed: a cache, which may be emptied at any time.

CREATE TABLE es.snapshots (
    stream_id   uuid NOT NULL,
    -- The shape of the state. Programs of two versions each have a snapshot of a stream, and do not displace the other's.
    fingerprint bigint NOT NULL,
    -- The last event in it.
    version     bigint NOT NULL,
    position    bigint NOT NULL,
    state       json NOT NULL,
    -- Over all of the above: a row that was changed by hand is passed over.
    checksum    bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, fingerprint)
-- Room on each page for the next one of a stream.
) WITH (fillfactor = 70);
