-- ?1: projection, ?2: its version, ?3: owner, ?4: now, ?5: for so long. Extends its leases, also those that have run out: nobody
-- has taken them over. Primary key.
UPDATE es_checkpoints SET lease = ?5, leased_until = ?4 + ?5
WHERE projection = ?1 AND version = ?2 AND owner = ?3
