-- jobs.update_status
WITH found AS MATERIALIZED (
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM jobs
    WHERE id = $1 AND worker_id = $2
    FOR UPDATE
),
moved AS (
    UPDATE jobs
    SET
        status = $3,
        message = $4,
        progress = greatest(jobs.progress, $5),
        payload = CASE WHEN $3 IN ('completed', 'failed', 'cancelled') THEN '' ELSE jobs.payload END,
        started_at = CASE WHEN $3 = 'processing' THEN coalesce(jobs.started_at, wh_now()) ELSE jobs.started_at END,
        completed_at = CASE WHEN $3 IN ('completed', 'failed', 'cancelled') THEN wh_now() END,
        updated_at = wh_now()
    FROM found
    WHERE
        jobs.id = found.id
        AND (
            wh_job_step_allowed(found.status, $3)
            OR (found.status = $3 AND $3 IN ('pending', 'assigned', 'processing'))
        )
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at
),
next AS (
    SELECT
        deployment_id,
        message,
        CASE status WHEN 'processing' THEN 'building' WHEN 'completed' THEN 'succeeded' ELSE status END AS status
    FROM moved
    WHERE status IN ('processing', 'completed', 'failed', 'cancelled')
),
deployment AS (
    UPDATE deployments
    SET
        status = next.status,
        started_at = CASE
            WHEN next.status = 'building' THEN coalesce(deployments.started_at, wh_now())
            ELSE deployments.started_at
        END,
        finished_at = CASE WHEN next.status <> 'building' THEN wh_now() END,
        error_message = CASE WHEN next.status = 'failed' THEN next.message ELSE deployments.error_message END
    FROM next
    WHERE deployments.id = next.deployment_id AND deployments.status <> next.status
),
app AS (
    UPDATE apps
    SET
        status = wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> ''),
        deleted_at = CASE WHEN moved.job_type = 'delete' AND moved.status = 'completed' THEN wh_now() END,
        container_id = CASE WHEN moved.job_type = 'delete' AND moved.status = 'completed' THEN '' ELSE apps.container_id END,
        port = CASE WHEN moved.job_type = 'delete' AND moved.status = 'completed' THEN 0 ELSE apps.port END,
        updated_at = wh_now()
    FROM moved
    WHERE
        apps.id = moved.app_id
        AND apps.deleted_at IS NULL
        AND apps.status <> wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> '')
    RETURNING apps.id, apps.user_id, apps.name, apps.status
),
env AS (
    DELETE FROM app_env_vars USING app WHERE app_env_vars.app_id = app.id AND app.status = 'deleted'
),
domain AS (
    DELETE FROM domains USING app WHERE domains.app_id = app.id AND app.status = 'deleted'
),
rule AS (
    DELETE FROM app_alert_rules USING app WHERE app_alert_rules.app_id = app.id AND app.status = 'deleted'
),
now AS (
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM moved
    UNION ALL
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM found
    WHERE NOT EXISTS (SELECT FROM moved)
)
SELECT
    found.status AS was,
    EXISTS (SELECT FROM moved) AS moved,
    app.id AS changed_app,
    app.user_id AS app_owner,
    app.name AS app_name,
    now.id, now.app_id, now.deployment_id, now.worker_id, now.job_type, now.status, now.payload, now.app_was,
    now.message, now.progress, now.result, now.created_at, now.assigned_at, now.started_at, now.completed_at,
    now.updated_at
FROM found
CROSS JOIN now
LEFT JOIN app ON true
