-- webhooks.list_for_event
SELECT
    webhooks.id, webhooks.user_id, webhooks.name, webhooks.url, webhooks.secret, webhooks.events, webhooks.active,
    webhooks.success_count, webhooks.failure_count, webhooks.last_delivery_at, webhooks.last_status_code,
    webhooks.created_at, webhooks.updated_at
FROM webhook_subscriptions AS wanted
JOIN webhooks ON webhooks.id = wanted.webhook_id
WHERE wanted.event = $1 AND wanted.webhook_id < $2
ORDER BY wanted.webhook_id DESC
LIMIT $3
