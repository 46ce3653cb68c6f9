-- ?1: streams, as a JSON array of hexadecimal texts. The last position of the log in every row, and the last event of each
-- stream that there is; a row without a stream when there is none of them. Unique index es_events_stream_version, once for
-- each stream.
SELECT coalesce((SELECT max(position) FROM es_events), 0), head.stream_id, coalesce(head.version, 0), coalesce(head.category, '')
FROM (SELECT 1)
LEFT JOIN (
    SELECT event.stream_id, event.version, event.category
    FROM json_each(?1) AS asked
    JOIN es_events AS event ON event.position = (
        SELECT position FROM es_events WHERE stream_id = unhex(asked.value) ORDER BY version DESC LIMIT 1
    )
) AS head
