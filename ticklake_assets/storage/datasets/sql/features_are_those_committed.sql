-- The engine reads as many features as Iceberg's manifests say were committed.
-- expect: = {committed_features}
SELECT count(*) AS value FROM gold.features AS f
