-- deployments.prune_logs
-- The ids go in as an array, of which the planner expects few.
WITH old AS MATERIALIZED (
    SELECT id
    FROM deployments
    WHERE build_logs <> '' AND finished_at < $1
    ORDER BY finished_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE deployments SET build_logs = ''
WHERE id = ANY (ARRAY(SELECT id FROM old))
