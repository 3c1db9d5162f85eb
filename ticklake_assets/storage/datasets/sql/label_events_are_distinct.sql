-- No event appears twice in the labels.
-- expect: = 0
SELECT count(*) AS value
FROM (
    SELECT l.ts_event
    FROM gold.labels AS l
    GROUP BY l.symbol, l.trading_day, l.ts_event
    HAVING count(*) > 1
) AS doubled
