-- Times without a quote, closed markets included, and how far the price jumped across them.
-- param symbol: like EURUSD
-- param minutes = 5: shortest gap to show, minutes
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column gap_start: end of the last minute with a quote, UTC
-- column gap_end: start of the next one, UTC
-- column gap_minutes: minutes without a quote
-- column change_bp: log change from the last mid before to the first mid after, basis points
WITH steps AS (
    SELECT
        lag(b.bar_end) OVER (ORDER BY b.bar_end) AS gap_start,
        b.bar_end - INTERVAL '1' MINUTE AS gap_end,
        lag(b.bid_close + b.ask_close) OVER (ORDER BY b.bar_end) AS twice_mid_before,
        b.bid_open + b.ask_open AS twice_mid_after
    FROM gold.bars AS b
    WHERE b.symbol = :symbol AND b.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
)
SELECT
    s.gap_start,
    s.gap_end,
    date_diff('minute', s.gap_start, s.gap_end) AS gap_minutes,
    1E4 * ln(s.twice_mid_after / s.twice_mid_before) AS change_bp
FROM steps AS s
WHERE date_diff('minute', s.gap_start, s.gap_end) >= CAST(:minutes AS bigint)
ORDER BY s.gap_start
