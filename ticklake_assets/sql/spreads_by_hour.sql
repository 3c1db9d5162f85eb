-- What the spread costs at each hour of the day.
-- param symbol: like EURUSD
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column hour_utc: hour of the day, 0 to 23, UTC
-- column minutes: minutes with a quote
-- column tick_count: quotes in them
-- column spread_mean: mean spread over the quotes, price units
-- column spread_bp: the same in basis points of the mid at the end of each minute
-- column spread_median: median of the minutes' mean spreads (the lower of two), price units
-- column spread_p95: their 95th percentile (nearest rank), price units
WITH minutes AS (
    SELECT
        hour(b.bar_end - INTERVAL '1' MINUTE) AS hour_utc,
        b.bar_end,
        b.tick_count,
        b.spread_mean,
        (b.bid_close + b.ask_close) / 2 AS mid
    FROM gold.bars AS b
    WHERE b.symbol = :symbol AND b.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
),
ranked AS (
    -- Exact percentiles by rank: the engines' own functions differ, or guess.
    SELECT
        m.*,
        row_number() OVER (PARTITION BY m.hour_utc ORDER BY m.spread_mean, m.bar_end) AS place,
        count(*) OVER (PARTITION BY m.hour_utc) AS places
    FROM minutes AS m
)
SELECT
    r.hour_utc,
    count(*) AS minutes,
    CAST(sum(r.tick_count) AS bigint) AS tick_count,
    sum(r.spread_mean * r.tick_count) / sum(r.tick_count) AS spread_mean,
    1E4 * sum(r.spread_mean / r.mid * r.tick_count) / sum(r.tick_count) AS spread_bp,
    min(r.spread_mean) FILTER (WHERE 2 * r.place >= r.places) AS spread_median,
    min(r.spread_mean) FILTER (WHERE 20 * r.place >= 19 * r.places) AS spread_p95
FROM ranked AS r
GROUP BY r.hour_utc
ORDER BY r.hour_utc
