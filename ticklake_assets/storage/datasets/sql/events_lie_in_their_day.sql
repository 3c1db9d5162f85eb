-- Events whose time is outside the partition's UTC day.
-- expect: = 0
SELECT count(*) AS value FROM gold.features AS f WHERE CAST(f.ts_event AS date) <> f.trading_day
