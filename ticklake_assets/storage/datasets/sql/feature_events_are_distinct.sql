-- No event appears twice in the features.
-- expect: = 0
SELECT count(*) AS value
FROM (
    SELECT f.ts_event
    FROM gold.features AS f
    GROUP BY f.symbol, f.trading_day, f.ts_event
    HAVING count(*) > 1
) AS doubled
