-- apps.clear_violation
WITH active AS MATERIALIZED (
    -- Locked before the app, as every step of a job does.
    SELECT id
    FROM jobs
    WHERE app_id = $1 AND status IN ('pending', 'assigned', 'processing')
    FOR NO KEY UPDATE
),
found AS MATERIALIZED (
    SELECT id, user_id, name, status
    FROM apps
    WHERE id = $1 AND deleted_at IS NULL AND (SELECT count(*) FROM active) >= 0
    FOR NO KEY UPDATE
),
cleared AS (
    UPDATE apps
    SET status = 'stopped', violation_reason = '', updated_at = wh_now()
    FROM found
    WHERE apps.id = found.id AND found.status = 'violated'
    RETURNING apps.id
),
job AS (
    -- The step that is under way must not bring back what the app was before the violation.
    UPDATE jobs
    SET app_was = 'stopped'
    FROM active, cleared
    WHERE jobs.id = active.id
)
SELECT id, user_id, name, EXISTS (SELECT FROM cleared) AS fresh
FROM found
