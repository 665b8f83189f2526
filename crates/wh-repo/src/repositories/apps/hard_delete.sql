-- apps.hard_delete
WITH waiting AS MATERIALIZED (
    SELECT id, deployment_id
    FROM jobs
    WHERE app_id = $1 AND status IN ('pending', 'assigned')
    FOR UPDATE
),
found AS MATERIALIZED (
    -- Counts the jobs so that they are locked before their app, as every step of a job does: in the other order two statements
    -- could wait for each other.
    SELECT id, user_id, name
    FROM apps
    WHERE id = $1 AND (SELECT count(*) FROM waiting) >= 0
    FOR UPDATE
),
job AS (
    UPDATE jobs
    SET status = 'cancelled', message = 'The app was deleted.', payload = '', completed_at = wh_now(), updated_at = wh_now()
    FROM waiting
    WHERE jobs.id = waiting.id
),
deployment AS (
    UPDATE deployments
    SET status = 'cancelled', finished_at = wh_now()
    FROM waiting
    WHERE deployments.id = waiting.deployment_id
),
env AS (
    DELETE FROM app_env_vars USING found WHERE app_env_vars.app_id = found.id
),
domain AS (
    DELETE FROM domains USING found WHERE domains.app_id = found.id
),
rule AS (
    DELETE FROM app_alert_rules USING found WHERE app_alert_rules.app_id = found.id
),
gone AS (
    UPDATE apps
    SET status = 'deleted', deleted_at = wh_now(), updated_at = wh_now(), container_id = '', port = 0
    FROM found
    WHERE apps.id = found.id AND apps.deleted_at IS NULL
)
SELECT id, user_id, name
FROM found
