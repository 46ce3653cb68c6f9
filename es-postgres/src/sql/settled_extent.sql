-- $1: settled. How far the log goes on after it without a hole (`whole`), and where it ends (`last`).
-- Served by the primary key alone; takes no lock but ACCESS SHARE. Behind a hole, which is where a waiting agent
-- stands, it is two index probes, however long the log has grown meanwhile; the page bounds it everywhere else.
WITH page AS (
    SELECT position
    FROM es.events
    WHERE position > $1 AND EXISTS (SELECT FROM es.events WHERE position = $1 + 1)
    ORDER BY position
    LIMIT 10000
), numbered AS (
    SELECT position, row_number() OVER (ORDER BY position) AS nth FROM page
)
SELECT coalesce((SELECT max(position) FROM numbered WHERE position = $1 + nth), $1) AS whole,
       coalesce((SELECT max(position) FROM es.events), $1) AS last
