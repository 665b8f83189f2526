-- jobs.reassign
WITH found AS MATERIALIZED (
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM jobs
    WHERE id = $1
    FOR UPDATE
),
worker AS MATERIALIZED (
    -- Held, so that a worker that is being deleted breaks no foreign key.
    SELECT id
    FROM workers
    WHERE id = $2
    FOR KEY SHARE
),
moved AS (
    UPDATE jobs
    SET status = 'assigned', worker_id = worker.id, assigned_at = wh_now(), updated_at = wh_now()
    FROM found
    CROSS JOIN worker
    WHERE
        jobs.id = found.id
        AND (
            wh_job_step_allowed(found.status, 'assigned')
            OR (found.status = 'assigned' AND found.job_type IN ('deploy', 'restart'))
        )
        AND found.worker_id IS DISTINCT FROM worker.id
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at,
        pg_notify('wh_jobs', jobs.worker_id::text)
),
app AS (
    -- An app is where its container is. One without any goes where its job runs.
    UPDATE apps
    SET worker_id = moved.worker_id, updated_at = wh_now()
    FROM moved
    WHERE apps.id = moved.app_id AND apps.container_id = '' AND apps.worker_id IS DISTINCT FROM moved.worker_id
    RETURNING apps.id, apps.user_id, apps.name
),
deployment AS (
    UPDATE deployments
    SET worker_id = moved.worker_id
    FROM moved
    WHERE deployments.id = moved.deployment_id
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
