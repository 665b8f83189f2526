-- jobs.assign_next
WITH worker AS MATERIALIZED (
    -- Held, so that a worker that is being deleted breaks no foreign key.
    SELECT id
    FROM workers
    WHERE id = $1
    FOR KEY SHARE
),
next AS MATERIALIZED (
    SELECT id
    FROM jobs
    WHERE status = 'pending' AND EXISTS (SELECT FROM worker)
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
moved AS (
    UPDATE jobs
    SET status = 'assigned', worker_id = $1, assigned_at = wh_now(), updated_at = wh_now()
    FROM next
    WHERE jobs.id = next.id
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
)
SELECT
    app.id AS changed_app,
    app.user_id AS app_owner,
    app.name AS app_name,
    moved.id, moved.app_id, moved.deployment_id, moved.worker_id, moved.job_type, moved.status, moved.payload,
    moved.app_was, moved.message, moved.progress, moved.result, moved.created_at, moved.assigned_at, moved.started_at,
    moved.completed_at, moved.updated_at
FROM moved
LEFT JOIN app ON true
