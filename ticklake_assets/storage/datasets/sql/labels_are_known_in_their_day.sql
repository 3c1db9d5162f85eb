-- Labels known before their event or after their day: the daily reset makes days independent, nothing to purge.
-- expect: = 0
SELECT count(*) AS value
FROM gold.labels AS l
WHERE l.known_at < l.ts_event OR CAST(l.known_at AS date) <> l.trading_day
