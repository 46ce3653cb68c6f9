-- ?1: projection, ?2: the version that is to serve, ?3: now. Primary key.
INSERT INTO es_serving AS serving (projection, version, since) VALUES (?1, ?2, ?3)
ON CONFLICT (projection) DO UPDATE SET version = excluded.version, since = excluded.since
WHERE serving.version <> excluded.version
