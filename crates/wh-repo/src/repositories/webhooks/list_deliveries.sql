-- webhooks.list_deliveries
SELECT
    id, webhook_id, delivery_id, event, payload, status_code, success, duration_ms, error, attempt, created_at
FROM webhook_deliveries
WHERE webhook_id = $1
    AND id < $3
    AND EXISTS (SELECT FROM webhooks WHERE id = $1 AND user_id = $2)
ORDER BY id DESC
LIMIT $4
