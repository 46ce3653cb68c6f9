-- $1 to $5: as $1, $2 and $4 to $6 of letters_find.sql. Asks for another attempt at those that are open. Locks the rows, found
-- by the primary key.
UPDATE es.dead_letters
SET retry = true
WHERE projection = $1 AND version = $2 AND state <> 'discarded'
  AND ($3::uuid IS NULL OR stream_id = $3)
  AND ($4::bigint IS NULL OR position = $4)
  AND (NOT $5 OR retry)
