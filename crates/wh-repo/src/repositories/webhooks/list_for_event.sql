-- webhooks.list_for_event
-- Materialized, since a plan for all events would walk the webhooks by id, whether they want this one or not.
WITH wanting AS MATERIALIZED (
    SELECT
        id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
        created_at, updated_at
    FROM webhooks
    WHERE events @> ARRAY[$1::text] AND active AND id < $2
)
SELECT
    id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
    created_at, updated_at
FROM wanting
ORDER BY id DESC
LIMIT $3
