-- es.append
-- $1, $2: one element per stream: id, version. Where streams stand after an import that locked their rows before, by
-- `import_heads.sql`. Primary key of es.streams.
UPDATE es.streams head SET version = moved.version
FROM unnest($1::uuid[], $2::bigint[]) AS moved (stream_id, version)
WHERE head.stream_id = moved.stream_id
