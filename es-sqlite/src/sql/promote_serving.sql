-- ?1: projection. The version that serves. Primary key.
SELECT version FROM es_serving WHERE projection = ?1
