-- Volatility of a day measured in steps of 1 to 60 minutes.
-- Where short steps show more of it than long ones, that much is noise of the quotes, not a move one could trade.
-- Each day's path goes from its first mid to its last, whatever the step; the mid stands where nothing was quoted.
-- param symbol: like EURUSD
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column step_minutes: length of a step, minutes
-- column days: days with a move to measure
-- column steps: log changes of the mid that were summed up
-- column volatility_bp: square root of the mean over the days of the sum of squared changes, basis points a day
WITH widths (step_minutes) AS (
    VALUES (1), (2), (5), (10), (15), (30), (60)
),
minutes AS (
    SELECT
        b.trading_day,
        b.bar_end,
        -- 0 to 1439
        date_diff('minute', date_trunc('day', b.bar_end - INTERVAL '1' MINUTE), b.bar_end) - 1 AS minute_of_day,
        (b.bid_open + b.ask_open) / 2 AS mid_open,
        (b.bid_close + b.ask_close) / 2 AS mid_close
    FROM gold.bars AS b
    WHERE b.symbol = :symbol AND b.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
),
stepped AS (
    SELECT
        w.step_minutes,
        m.trading_day,
        m.minute_of_day - m.minute_of_day % w.step_minutes AS step_start,
        m.bar_end,
        m.mid_close
    FROM minutes AS m
    CROSS JOIN widths AS w
),
path AS (
    SELECT w.step_minutes, m.trading_day, -1 AS step_start, min_by(m.mid_open, m.bar_end) AS mid
    FROM minutes AS m
    CROSS JOIN widths AS w
    GROUP BY w.step_minutes, m.trading_day
    UNION ALL
    SELECT s.step_minutes, s.trading_day, s.step_start, max_by(s.mid_close, s.bar_end) AS mid
    FROM stepped AS s
    GROUP BY s.step_minutes, s.trading_day, s.step_start
),
changes AS (
    SELECT
        p.step_minutes,
        p.trading_day,
        ln(p.mid / lag(p.mid) OVER (PARTITION BY p.step_minutes, p.trading_day ORDER BY p.step_start)) AS change
    FROM path AS p
),
days AS (
    SELECT c.step_minutes, c.trading_day, count(c.change) AS steps, sum(c.change * c.change) AS variance
    FROM changes AS c
    GROUP BY c.step_minutes, c.trading_day
)
SELECT
    d.step_minutes,
    count(*) AS days,
    CAST(sum(d.steps) AS bigint) AS steps,
    1E4 * sqrt(avg(d.variance)) AS volatility_bp
FROM days AS d
GROUP BY d.step_minutes
ORDER BY d.step_minutes
