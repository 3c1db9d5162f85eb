-- Days of each part with enough quotes to count as open: a part without one cannot be learned from or judged.
-- expect: >= 1
SELECT count(opened.trading_day) AS value, part.name AS detail
FROM (
    VALUES
        ('train', DATE '{train_first}', DATE '{train_last}'),
        ('validate', DATE '{validate_first}', DATE '{validate_last}'),
        ('test', DATE '{test_first}', DATE '{test_last}')
) AS part (name, first_day, last_day)
LEFT JOIN (
    SELECT b.trading_day
    FROM gold.bars AS b
    GROUP BY b.trading_day
    HAVING sum(b.tick_count) >= {min_open_ticks}
) AS opened
    ON opened.trading_day BETWEEN part.first_day AND part.last_day
GROUP BY part.name
