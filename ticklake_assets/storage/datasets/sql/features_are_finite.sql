-- Rows with a quote, scale or feature that is missing, NaN or infinite; from before a feature existed it is missing.
-- expect: = 0
SELECT count(*) AS value FROM gold.features AS f WHERE NOT ({features_are_finite})
