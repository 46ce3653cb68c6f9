-- Who runs each projection, what it tries, and what it could not handle.

ALTER TABLE es.checkpoints
    -- A projection may be split: part 0 of 1 is the whole of it.
    ADD COLUMN part         integer NOT NULL DEFAULT 0 CHECK (part >= 0),
    ADD COLUMN parts        integer NOT NULL DEFAULT 1 CHECK (parts > part),
    -- The checkpoint was put there by a commit or a reset, be it at the beginning.
    ADD COLUMN begun        boolean NOT NULL DEFAULT false,
    -- The lease. The epoch rises with every owner, so that a batch of an earlier one cannot be committed.
    ADD COLUMN epoch        bigint NOT NULL DEFAULT 0,
    ADD COLUMN owner        uuid,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN lease        interval,
    -- The last owner did not give its lease back.
    ADD COLUMN unclean      boolean NOT NULL DEFAULT false,
    -- A later version serves: this one is neither leased nor moved any more.
    ADD COLUMN superseded   boolean NOT NULL DEFAULT false,
    -- The event that is tried by itself, and how often it was; counted before each attempt.
    ADD COLUMN trying       bigint,
    ADD COLUMN attempts     integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT checkpoints_pkey,
    ADD PRIMARY KEY (projection, version, part);

-- The processes that are ready to run a projection: each has its share of the parts.
CREATE TABLE es.workers (
    projection text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    owner      uuid NOT NULL,
    seen_until timestamptz NOT NULL,
    PRIMARY KEY (projection, version, owner)
);

-- Which version of a projection serves; the others are not run any more.
CREATE TABLE es.serving (
    projection text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL,
    since      timestamptz NOT NULL DEFAULT now()
);

-- Events that a projection could not handle, and those that wait behind them.
CREATE TABLE es.dead_letters (
    projection text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    position   bigint NOT NULL,
    event_id   uuid NOT NULL,
    stream_id  uuid NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('failed', 'parked', 'discarded')),
    attempts   integer NOT NULL,
    error      text NOT NULL,
    failed_at  timestamptz NOT NULL,
    retry      boolean NOT NULL DEFAULT false,
    reason     text,
    PRIMARY KEY (projection, version, position)
);
