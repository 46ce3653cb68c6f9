-- $1: how many tables are to be locked, $2: milliseconds. How long to wait for a lock, until the transaction ends: $2, but no more than
-- half the time after which the server looks for deadlocks, for all of them together. Who reads the name of a table waits behind
-- whoever waits to change it, so that must not take long; and who reads several in another order than they are changed in may wait
-- for us while we wait for him: then it is we who give up, and try again, and never the reader. No table and no lock.
SELECT set_config('lock_timeout', least($2::bigint, greatest(setting::bigint / 2 / greatest($1, 1), 1))::text, true)
FROM pg_settings
WHERE name = 'deadlock_timeout'
