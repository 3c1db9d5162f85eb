-- Days with enough quotes to count as open that have not one event.
-- expect: = 0
SELECT count(*) AS value
FROM (
    SELECT b.trading_day
    FROM gold.bars AS b
    GROUP BY b.trading_day
    HAVING sum(b.tick_count) >= {min_open_ticks}
) AS opened
LEFT JOIN (SELECT DISTINCT f.trading_day FROM gold.features AS f) AS made
    ON opened.trading_day = made.trading_day
WHERE made.trading_day IS NULL
