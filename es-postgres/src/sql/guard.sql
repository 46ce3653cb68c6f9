-- The schema's version, whether positions are drawn as the readers rely on, and whether stored events are protected.
-- The sequence is read after the snapshot that finds the last event is taken, so writers at work make no difference;
-- a role that may not read it, and needs not to append, is not asked to.
-- Look-ups by primary key or unique index; takes no lock but ACCESS SHARE.
SELECT (SELECT coalesce(max(version), 0) FROM es.migrations) AS version,
       EXISTS (
           SELECT FROM pg_catalog.pg_sequence
           WHERE seqrelid = pg_catalog.pg_get_serial_sequence('es.events', 'position')::pg_catalog.regclass
             AND seqcache = 1 AND seqincrement = 1 AND NOT seqcycle
       ) AS sequence,
       CASE WHEN pg_catalog.has_sequence_privilege(
                     pg_catalog.pg_get_serial_sequence('es.events', 'position'), 'SELECT, USAGE')
            THEN coalesce(pg_catalog.pg_sequence_last_value(
                     pg_catalog.pg_get_serial_sequence('es.events', 'position')::pg_catalog.regclass), 0)
                 >= coalesce((SELECT max(position) FROM es.events), 0)
            ELSE true
       END AS ahead,
       EXISTS (
           SELECT FROM pg_catalog.pg_trigger
           WHERE tgrelid = 'es.events'::pg_catalog.regclass
             AND tgname = 'events_are_never_changed' AND tgenabled = 'A'
       ) AS trigger
