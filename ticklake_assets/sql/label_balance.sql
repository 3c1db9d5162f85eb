-- How often a short, a long or neither wins, day by day, and what the orders earned.
-- param symbol: like EURUSD
-- param first = 1970-01-01: first UTC day
-- param last = 9999-12-31: last UTC day, included
-- column trading_day: UTC day
-- column events: labels of the day
-- column short_share: share of the events that a short order wins, 0 to 1; the three add up to 1
-- column neither_share: share that neither wins
-- column long_share: share that a long order wins
-- column long_net_mean: mean profit of the long orders after costs, price units; no entry counts as 0
-- column short_net_mean: the same of the short orders
SELECT
    l.trading_day,
    count(*) AS events,
    CAST(count(*) FILTER (WHERE l.outcome = 0) AS double) / count(*) AS short_share,
    CAST(count(*) FILTER (WHERE l.outcome = 1) AS double) / count(*) AS neither_share,
    CAST(count(*) FILTER (WHERE l.outcome = 2) AS double) / count(*) AS long_share,
    avg(l.long_net) AS long_net_mean,
    avg(l.short_net) AS short_net_mean
FROM gold.labels AS l
WHERE l.symbol = :symbol AND l.trading_day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
GROUP BY l.trading_day
ORDER BY l.trading_day
