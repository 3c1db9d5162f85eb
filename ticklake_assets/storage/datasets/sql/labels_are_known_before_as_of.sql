-- Labels that the as-of day could not have known.
-- expect: = 0
SELECT count(*) AS value FROM gold.labels AS l WHERE CAST(l.known_at AS date) >= DATE '{as_of}'
