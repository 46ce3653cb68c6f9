-- $1: projection, $2: its version, $3: into how many parts it is to be split. Which version serves; into how many parts it is
-- split, and how many of them have a row; whether any of them has begun. Primary keys; no lock but ACCESS SHARE.
SELECT (SELECT version FROM es.serving WHERE projection = $1) AS serving,
       coalesce(max(parts) FILTER (WHERE parts <> $3), $3) AS parts,
       count(*) AS rows,
       coalesce(bool_or(position > 0 OR event_id IS NOT NULL), false) AS begun
FROM es.checkpoints
WHERE projection = $1 AND version = $2
