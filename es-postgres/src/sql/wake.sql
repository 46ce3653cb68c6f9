-- $1: channel, $2: who sends. Its commit writes a record to the log of the database, for whose way to the disk nobody needs to
-- wait. Takes the lock under which all notifications are committed.
SELECT pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify($1, $2)
