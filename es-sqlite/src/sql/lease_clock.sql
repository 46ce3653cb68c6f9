-- ?1: projection, ?2: its version, ?3: now. What ends later than if it had been leased now was leased before the clock was set
-- back, and ends as if it had been leased now. Primary key.
UPDATE es_checkpoints SET leased_until = ?3 + lease
WHERE projection = ?1 AND version = ?2 AND leased_until > ?3 + lease
