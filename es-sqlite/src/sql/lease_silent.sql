-- ?1: now. Takes those off the lists of whom nothing was heard for as long as they had said, or only by a clock that was since
-- set back: these are heard again soon, if they are there. Scans the table, which has a row for each worker.
DELETE FROM es_workers WHERE seen_until <= ?1 OR seen_until - lease > ?1
