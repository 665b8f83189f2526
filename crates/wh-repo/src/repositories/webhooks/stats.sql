-- webhooks.stats
SELECT
    count(*) AS total,
    count(*) FILTER (WHERE active) AS active,
    max(last_delivery_at) AS last_delivery_at,
    coalesce(sum((
        SELECT count(*)
        FROM webhook_deliveries
        WHERE webhook_id = webhooks.id AND NOT success AND created_at > wh_now() - interval '168 hours'
    )), 0)::bigint AS failed_7d
FROM webhooks
WHERE user_id = $1
