-- Each label with the last minute bar that was known at its event: an as-of join, nothing from after the event.
-- A bar is valid from its close until the close of the next one of its day; an event before a day's first bar has none.
-- param symbol: like EURUSD
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column ts_event: time of the event, UTC
-- column outcome: 0 short wins, 1 neither, 2 long wins
-- column long_net: profit of the long order after costs, price units; 0 where no entry
-- column short_net: the same of the short order
-- column bar_end: close of the bar, UTC; missing where there is none
-- column age_seconds: whole seconds from that close to the event
-- column bar_mid: mid at that close, price units
-- column bar_spread_mean: mean spread of that minute, price units
-- column bar_tick_count: quotes in that minute
WITH bars AS (
    SELECT
        b.trading_day,
        b.bar_end,
        lead(b.bar_end) OVER (PARTITION BY b.trading_day ORDER BY b.bar_end) AS valid_until,
        (b.bid_close + b.ask_close) / 2 AS mid,
        b.spread_mean,
        b.tick_count
    FROM gold.bars AS b
    WHERE b.symbol = :symbol AND b.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
)
SELECT
    l.ts_event,
    l.outcome,
    l.long_net,
    l.short_net,
    b.bar_end,
    date_diff('second', b.bar_end, l.ts_event) AS age_seconds,
    b.mid AS bar_mid,
    b.spread_mean AS bar_spread_mean,
    b.tick_count AS bar_tick_count
FROM gold.labels AS l
LEFT JOIN bars AS b
    ON b.trading_day = l.trading_day
    AND b.bar_end <= l.ts_event
    AND (b.valid_until > l.ts_event OR b.valid_until IS NULL)
WHERE l.symbol = :symbol AND l.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
ORDER BY l.ts_event
