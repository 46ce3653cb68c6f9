-- The schema's version, whether positions are drawn as the readers rely on, and whether stored events are protected.
-- Catalogue look-ups by primary key or unique index; takes no lock but ACCESS SHARE.
SELECT (SELECT coalesce(max(version), 0) FROM es.migrations) AS version,
       EXISTS (
           SELECT FROM pg_catalog.pg_sequence
           WHERE seqrelid = pg_catalog.pg_get_serial_sequence('es.events', 'position')::pg_catalog.regclass
             AND seqcache = 1 AND seqincrement = 1 AND NOT seqcycle
       ) AS sequence,
       EXISTS (
           SELECT FROM pg_catalog.pg_trigger
           WHERE tgrelid = 'es.events'::pg_catalog.regclass
             AND tgname = 'events_are_never_changed' AND tgenabled = 'A'
       ) AS trigger
