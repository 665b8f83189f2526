-- apps.mark_deleted
WITH found AS MATERIALIZED (
    -- FOR UPDATE is more than the UPDATE takes: it waits for jobs that are being made for the app, and later ones see that it is gone.
    SELECT id, user_id, name
    FROM apps
    WHERE id = $1
    FOR UPDATE
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
