-- apps.mark_stopped
UPDATE apps
SET status = CASE WHEN status = 'violated' THEN status ELSE 'stopped' END, updated_at = wh_now()
WHERE id = $1 AND deleted_at IS NULL
RETURNING id, user_id, name
