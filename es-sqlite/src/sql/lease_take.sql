-- ?1: projection, ?2: its version, ?3: owner, ?4: now, ?5: for so long, ?6: at most so many. Leases parts that are nobody's, or
-- whose owner's lease has run out. Primary key.
UPDATE es_checkpoints
SET epoch = epoch + 1, unclean = unclean OR owner IS NOT NULL, owner = ?3, lease = ?5, leased_until = ?4 + ?5
WHERE projection = ?1 AND version = ?2 AND part IN (
    SELECT part
    FROM es_checkpoints
    WHERE projection = ?1 AND version = ?2 AND (owner IS NULL OR owner <> ?3 AND leased_until <= ?4)
    ORDER BY part
    LIMIT ?6
)
