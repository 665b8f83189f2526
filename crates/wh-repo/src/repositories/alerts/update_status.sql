-- alerts.update_status
WITH found AS MATERIALIZED (
    SELECT
        id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at, updated_at,
        resolved_at
    FROM alerts
    WHERE id = $1 AND user_id = $2
    FOR UPDATE
),
moved AS (
    UPDATE alerts SET
        status = $3,
        updated_at = wh_now(),
        resolved_at = CASE WHEN $3 = 'resolved' THEN wh_now() END
    FROM found
    WHERE alerts.id = found.id
        AND (
            found.status = 'active' AND $3 IN ('acknowledged', 'resolved')
            OR found.status = 'acknowledged' AND $3 = 'resolved'
        )
    RETURNING
        alerts.id, alerts.user_id, alerts.app_id, alerts.kind, alerts.severity, alerts.status, alerts.title,
        alerts.message, alerts.source_type, alerts.source_id, alerts.created_at, alerts.updated_at, alerts.resolved_at
)
SELECT
    true AS moved, id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at,
    updated_at, resolved_at
FROM moved
UNION ALL
SELECT
    false, id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at, updated_at,
    resolved_at
FROM found
WHERE NOT EXISTS (SELECT FROM moved)
