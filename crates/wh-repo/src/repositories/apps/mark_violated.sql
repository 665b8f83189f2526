-- apps.mark_violated
UPDATE apps
SET status = 'violated', violation_reason = $2, updated_at = wh_now()
WHERE id = $1 AND deleted_at IS NULL
RETURNING id, user_id, name
