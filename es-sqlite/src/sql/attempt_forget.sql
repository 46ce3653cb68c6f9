-- ?1: projection, ?2: its version, ?3: part, ?4: into how many it is split, ?5: the epoch of the lease. Forgets the attempts;
-- no row when somebody has taken over. Primary key.
UPDATE es_checkpoints SET trying = NULL, attempts = 0
WHERE projection = ?1 AND version = ?2 AND part = ?3 AND parts = ?4 AND epoch = ?5
