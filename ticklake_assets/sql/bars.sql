-- Bars of any number of minutes, from the 1-minute bars.
-- They start at 00:00 UTC of each day and the last one ends with it; without a quote there is no bar.
-- param symbol: like EURUSD
-- param minutes = 5: width of a bar, minutes
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column bar_end: close of the bar, the moment it is known, UTC
-- column bid_open: first bid, price units; so bid_high, bid_low, bid_close and the four of the ask
-- column bid_high
-- column bid_low
-- column bid_close
-- column ask_open
-- column ask_high
-- column ask_low
-- column ask_close
-- column tick_count: quotes in the bar
-- column spread_mean: mean spread over its quotes, price units
WITH minutes AS (
    SELECT
        b.*,
        date_trunc('day', b.bar_end - INTERVAL '1' MINUTE) AS midnight,
        -- 1 to 1440: the last minute of a day ends at the next day's midnight.
        date_diff('minute', date_trunc('day', b.bar_end - INTERVAL '1' MINUTE), b.bar_end) AS minute_of_day,
        CAST(:minutes AS bigint) AS width
    FROM gold.bars AS b
    WHERE b.symbol = :symbol AND b.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
),
placed AS (
    SELECT
        m.*,
        m.midnight
            + least(m.minute_of_day - 1 - (m.minute_of_day - 1) % m.width + m.width, 1440) * INTERVAL '1' MINUTE
            AS wide_end
    FROM minutes AS m
)
SELECT
    p.wide_end AS bar_end,
    min_by(p.bid_open, p.bar_end) AS bid_open,
    max(p.bid_high) AS bid_high,
    min(p.bid_low) AS bid_low,
    max_by(p.bid_close, p.bar_end) AS bid_close,
    min_by(p.ask_open, p.bar_end) AS ask_open,
    max(p.ask_high) AS ask_high,
    min(p.ask_low) AS ask_low,
    max_by(p.ask_close, p.bar_end) AS ask_close,
    CAST(sum(p.tick_count) AS bigint) AS tick_count,
    sum(p.spread_mean * p.tick_count) / sum(p.tick_count) AS spread_mean
FROM placed AS p
GROUP BY p.wide_end
ORDER BY p.wide_end
