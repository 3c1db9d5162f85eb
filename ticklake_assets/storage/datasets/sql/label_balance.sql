-- Share of each class in each part: short wins, neither, long wins. Parts that differ much are different markets.
-- expect: reported
SELECT
    CAST(count(l.outcome) AS double) / NULLIF(sum(count(l.outcome)) OVER (PARTITION BY part.name), 0) AS value,
    part.name || ' ' || class.name AS detail
FROM (
    VALUES
        ('train', DATE '{train_first}', DATE '{train_last}'),
        ('validate', DATE '{validate_first}', DATE '{validate_last}'),
        ('test', DATE '{test_first}', DATE '{test_last}')
) AS part (name, first_day, last_day)
CROSS JOIN (VALUES (0, 'short'), (1, 'neither'), (2, 'long')) AS class (outcome, name)
LEFT JOIN gold.labels AS l
    ON l.outcome = class.outcome AND l.trading_day BETWEEN part.first_day AND part.last_day
GROUP BY part.name, class.name
