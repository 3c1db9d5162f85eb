-- Labels without a width, horizon, class or time of being known.
-- expect: = 0
SELECT count(*) AS value
FROM gold.labels AS l
WHERE NOT COALESCE(
    l.width BETWEEN 1E-300 AND 1E300 AND l.horizon_us > 0 AND l.outcome IN (0, 1, 2) AND l.known_at IS NOT NULL,
    false
)
