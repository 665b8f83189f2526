-- alerts.create: with an answer in any case
-- A row that is in the way is locked and read at its newest. This writes one more version of the alert, which would be too much
-- at every poll.
INSERT INTO alerts (user_id, app_id, kind, severity, title, message, source_type, source_id)
SELECT id, $2::bigint, $3, $4, $5, $6, $7, $8
FROM users
WHERE id = $1 AND ($2 IS NULL OR EXISTS (SELECT FROM apps WHERE id = $2 AND user_id = $1))
ON CONFLICT (user_id, source_type, source_id) WHERE status <> 'resolved' DO UPDATE SET status = alerts.status
RETURNING
    xmax = 0 AS fresh, id, user_id, app_id, kind, severity, status, title, message, source_type, source_id, created_at,
    updated_at, resolved_at
