-- Labels with a cell that is missing: an order without an entry has NaN prices and zero times, an added label never.
-- expect: = 0
SELECT count(*) AS value FROM gold.labels AS l WHERE {a_label_is_missing}
