-- jobs.cancel
WITH found AS MATERIALIZED (
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM jobs
    WHERE id = $1
    FOR UPDATE
),
moved AS (
    UPDATE jobs
    SET status = 'cancelled', payload = '', completed_at = wh_now(), updated_at = wh_now()
    FROM found
    WHERE jobs.id = found.id AND wh_job_step_allowed(found.status, 'cancelled')
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at
),
deployment AS (
    UPDATE deployments
    SET status = 'cancelled', finished_at = wh_now()
    FROM moved
    WHERE deployments.id = moved.deployment_id
),
app AS (
    UPDATE apps
    SET
        status = wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> ''),
        updated_at = wh_now()
    FROM moved
    WHERE
        apps.id = moved.app_id
        AND apps.deleted_at IS NULL
        AND apps.status <> wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> '')
    RETURNING apps.id, apps.user_id, apps.name
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
