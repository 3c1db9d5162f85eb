-- Rows are conserved from raw to gold: days whose bars do not count the raw file's rows less those in quarantine.
-- expect: = 0
SELECT count(*) AS value
FROM (VALUES {sources}) AS source (trading_day, raw_rows, quarantined)
LEFT JOIN (
    SELECT b.trading_day, sum(b.tick_count) AS quotes
    FROM gold.bars AS b
    GROUP BY b.trading_day
) AS made
    ON source.trading_day = made.trading_day
WHERE COALESCE(made.quotes, 0) <> source.raw_rows - source.quarantined
