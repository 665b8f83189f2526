-- apps.mark_stopped
-- An app with an unfinished job is stopped by what the job remembers: its own status is that of the step under way.
WITH job AS (
    UPDATE jobs
    SET app_was = 'stopped'
    WHERE app_id = $1 AND status IN ('pending', 'assigned', 'processing') AND app_was IN ('running', 'stopped')
    RETURNING app_id
)
UPDATE apps
SET
    status = CASE
        WHEN status = 'violated' OR (status = 'deploying' AND EXISTS (SELECT FROM job)) THEN status
        ELSE 'stopped'
    END,
    updated_at = wh_now()
WHERE id = $1 AND deleted_at IS NULL
RETURNING id, user_id, name
