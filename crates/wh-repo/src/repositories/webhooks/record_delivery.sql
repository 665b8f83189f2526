-- webhooks.record_delivery
-- The counters follow from the row that was made: no row, no count.
WITH parent AS (
    SELECT id
    FROM webhooks
    WHERE id = $1
),
made AS (
    INSERT INTO webhook_deliveries
        (webhook_id, delivery_id, event, payload, status_code, success, duration_ms, error, attempt)
    SELECT id, $2::uuid, $3, $4::jsonb, $5::integer, $6::boolean, $7::integer, $8, $9::integer
    FROM parent
    ON CONFLICT (webhook_id, delivery_id) DO NOTHING
    RETURNING webhook_id, success, status_code, created_at
),
counted AS (
    UPDATE webhooks SET
        success_count = success_count + made.success::integer,
        failure_count = failure_count + (NOT made.success)::integer,
        last_delivery_at = greatest(last_delivery_at, made.created_at),
        last_status_code = made.status_code
    FROM made
    WHERE webhooks.id = made.webhook_id
)
SELECT EXISTS (SELECT FROM made) AS fresh
FROM parent
