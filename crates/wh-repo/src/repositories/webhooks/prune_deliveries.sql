-- webhooks.prune_deliveries
-- The keys go in as arrays, of which the planner expects few: joined to `old` itself, a plan for all limits would read the whole
-- table.
WITH old AS MATERIALIZED (
    SELECT webhook_id, id
    FROM webhook_deliveries
    WHERE created_at < $1
    ORDER BY created_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM webhook_deliveries
USING unnest(ARRAY(SELECT webhook_id FROM old), ARRAY(SELECT id FROM old)) AS key (webhook_id, id)
WHERE webhook_deliveries.webhook_id = key.webhook_id AND webhook_deliveries.id = key.id
