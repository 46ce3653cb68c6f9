-- ?1: projection, ?2: its version, ?3: part, ?4: into how many it is split, ?5: the epoch of the lease. Ends it, if it is still
-- that one. Primary key.
UPDATE es_checkpoints SET owner = NULL, leased_until = NULL, unclean = 0
WHERE projection = ?1 AND version = ?2 AND part = ?3 AND parts = ?4 AND epoch = ?5
