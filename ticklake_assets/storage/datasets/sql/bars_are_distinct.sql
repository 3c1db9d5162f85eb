-- No minute appears twice in the bars.
-- expect: = 0
SELECT count(*) AS value
FROM (
    SELECT b.bar_end
    FROM gold.bars AS b
    GROUP BY b.symbol, b.trading_day, b.bar_end
    HAVING count(*) > 1
) AS doubled
