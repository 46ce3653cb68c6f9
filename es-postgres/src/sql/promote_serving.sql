-- $1: projection, $2: the version that is to serve. Notes it, and gives the one that served until now, if one did.
-- Primary key; promotions wait for each other at an advisory lock before this.
WITH before AS MATERIALIZED (
    SELECT version FROM es.serving WHERE projection = $1
), noted AS (
    INSERT INTO es.serving AS serving (projection, version) VALUES ($1, $2)
    ON CONFLICT (projection) DO UPDATE SET version = excluded.version, since = now()
    WHERE serving.version <> excluded.version
)
SELECT version FROM before
