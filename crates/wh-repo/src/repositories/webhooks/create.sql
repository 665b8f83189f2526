-- webhooks.create
-- Sent again after a lost answer, it gives the row of the first time: the id is drawn before.
WITH made AS (
    INSERT INTO webhooks (id, user_id, name, url, secret, events, active)
    OVERRIDING SYSTEM VALUE
    SELECT $1, id, $3, $4, $5, $6::text[], $7
    FROM users
    WHERE id = $2
    ON CONFLICT (id) DO NOTHING
    RETURNING
        id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
        created_at, updated_at
)
SELECT
    id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
    created_at, updated_at
FROM made
UNION ALL
SELECT
    id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
    created_at, updated_at
FROM webhooks
WHERE id = $1 AND NOT EXISTS (SELECT FROM made)
