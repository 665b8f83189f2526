-- alerts.prune_resolved
-- The ids go in as an array, of which the planner expects few.
WITH old AS MATERIALIZED (
    SELECT id
    FROM alerts
    WHERE status = 'resolved' AND resolved_at < $1
    ORDER BY resolved_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM alerts
WHERE id = ANY (ARRAY(SELECT id FROM old))
