-- domains.prune_claims
-- The ids go in as an array, of which the planner expects few: joined to `old` itself, a plan for all limits would read the whole
-- table.
WITH old AS MATERIALIZED (
    SELECT id
    FROM domains
    WHERE NOT verified AND created_at < $1
    ORDER BY created_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM domains
WHERE id = ANY (ARRAY(SELECT id FROM old))
