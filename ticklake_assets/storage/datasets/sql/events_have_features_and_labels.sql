-- Rows are conserved between features and labels: every event is in both.
-- expect: = 0
SELECT count(*) AS value
FROM gold.features AS f
FULL OUTER JOIN gold.labels AS l
    ON f.symbol = l.symbol AND f.trading_day = l.trading_day AND f.ts_event = l.ts_event
WHERE f.ts_event IS NULL OR l.ts_event IS NULL
