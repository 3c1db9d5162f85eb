-- Share of each class over all parts: short wins, neither, long wins.
-- expect: reported
SELECT
    CAST(count(l.outcome) AS double) / NULLIF((SELECT count(*) FROM gold.labels AS a), 0) AS value,
    class.name AS detail
FROM (VALUES (0, 'short'), (1, 'neither'), (2, 'long')) AS class (outcome, name)
LEFT JOIN gold.labels AS l ON l.outcome = class.outcome
GROUP BY class.name
ORDER BY class.name
