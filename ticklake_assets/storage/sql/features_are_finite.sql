-- Rows with a feature that is missing, NaN or infinite; gold from before a feature existed has it missing.
-- expect: = 0
SELECT count(*) AS value FROM gold.features AS f WHERE NOT ({features_are_finite})
