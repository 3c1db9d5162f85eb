-- The engine reads as many labels as Iceberg's manifests say were committed.
-- expect: = {committed_labels}
SELECT count(*) AS value FROM gold.labels AS l
