-- jobs.prune
-- The ids go in as an array, of which the planner expects few.
WITH old AS MATERIALIZED (
    SELECT id
    FROM jobs
    WHERE completed_at IS NOT NULL AND completed_at < $1 AND status IN ('completed', 'failed', 'cancelled')
    ORDER BY completed_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM jobs
WHERE id = ANY (ARRAY(SELECT id FROM old))
