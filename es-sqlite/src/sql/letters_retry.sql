-- ?1 to ?5: as in letters_find.sql. Asks for another attempt at those that are open. Primary key.
UPDATE es_dead_letters SET retry = 1
WHERE projection = ?1 AND version = ?2 AND state <> 'discarded'
  AND (?3 IS NULL OR stream_id = ?3)
  AND (?4 IS NULL OR position = ?4)
  AND (NOT ?5 OR retry)
