-- webhooks.update
UPDATE webhooks SET
    name = coalesce($3, name),
    url = coalesce($4, url),
    secret = coalesce($5, secret),
    events = coalesce($6, events),
    active = coalesce($7, active),
    updated_at = wh_now()
WHERE id = $1 AND user_id = $2
RETURNING
    id, user_id, name, url, secret, events, active, success_count, failure_count, last_delivery_at, last_status_code,
    created_at, updated_at
