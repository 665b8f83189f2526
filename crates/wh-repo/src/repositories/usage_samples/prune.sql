-- usage_samples.prune
-- The keys go in as arrays, of which the planner expects few: joined to `old` itself, a plan for all limits would read the whole
-- table.
WITH old AS MATERIALIZED (
    SELECT app_id, bucket_start
    FROM usage_samples
    WHERE bucket_start < $1
    ORDER BY bucket_start
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM usage_samples
USING unnest(ARRAY(SELECT app_id FROM old), ARRAY(SELECT bucket_start FROM old)) AS key (app_id, bucket_start)
WHERE usage_samples.app_id = key.app_id AND usage_samples.bucket_start = key.bucket_start
