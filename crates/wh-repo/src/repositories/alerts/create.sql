-- alerts.create
WITH made AS (
    INSERT INTO alerts (user_id, app_id, kind, severity, title, message, source_type, source_id)
    SELECT id, $2::bigint, $3, $4, $5, $6, $7, $8
    FROM users
    WHERE id = $1 AND ($2 IS NULL OR EXISTS (SELECT FROM apps WHERE id = $2 AND user_id = $1))
    ON CONFLICT (user_id, source_type, source_id) WHERE status <> 'resolved' DO NOTHING
    RETURNING
        id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at, updated_at,
        resolved_at
)
SELECT
    true AS fresh, id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at,
    updated_at, resolved_at
FROM made
UNION ALL
SELECT
    false, id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at, updated_at,
    resolved_at
FROM alerts
WHERE user_id = $1
    AND source_type = $7
    AND source_id = $8
    AND status <> 'resolved'
    AND NOT EXISTS (SELECT FROM made)
