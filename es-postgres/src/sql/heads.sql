-- $1: streams. Where each of them stands, as far as it exists. Primary key of es.streams; no lock but ACCESS SHARE.
SELECT stream_id, category, version FROM es.streams WHERE stream_id = ANY ($1)
