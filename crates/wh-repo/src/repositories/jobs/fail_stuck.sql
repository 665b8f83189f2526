-- jobs.fail_stuck
WITH silent AS MATERIALIZED (
    -- No claim and no report of progress for that long.
    SELECT id
    FROM jobs
    WHERE status = 'processing' AND updated_at < wh_now() - make_interval(secs => $1)
    ORDER BY updated_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
gone AS MATERIALIZED (
    -- A process from before offline_since leaves it behind, so the last heartbeat counts as well.
    SELECT id
    FROM workers
    WHERE
        status = 'offline'
        AND coalesce(greatest(offline_since, last_heartbeat_at), updated_at) < wh_now() - make_interval(secs => $1)
),
stranded AS MATERIALIZED (
    SELECT jobs.id
    FROM gone
    JOIN jobs ON jobs.worker_id = gone.id
    WHERE jobs.status = 'assigned'
    ORDER BY jobs.id
    LIMIT $2
    FOR UPDATE OF jobs SKIP LOCKED
),
abandoned AS MATERIALIZED (
    -- Their worker was deleted.
    SELECT id
    FROM jobs
    WHERE worker_id IS NULL AND status = 'assigned' AND updated_at < wh_now() - make_interval(secs => $1)
    ORDER BY id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
stuck AS (
    SELECT id FROM silent
    UNION ALL
    SELECT id FROM stranded
    UNION ALL
    SELECT id FROM abandoned
    LIMIT $2
),
moved AS (
    UPDATE jobs
    SET
        status = 'failed',
        message = CASE WHEN jobs.status = 'assigned' THEN $4 ELSE $3 END,
        payload = '',
        completed_at = wh_now(),
        updated_at = wh_now()
    FROM stuck
    WHERE jobs.id = stuck.id
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at
),
deployment AS (
    UPDATE deployments
    SET status = 'failed', error_message = moved.message, finished_at = wh_now()
    FROM moved
    WHERE deployments.id = moved.deployment_id
),
target AS MATERIALIZED (
    -- Locks apps in id order, like every statement about several apps, to avoid deadlocks.
    SELECT apps.id
    FROM apps
    JOIN moved ON apps.id = moved.app_id
    WHERE apps.deleted_at IS NULL
    ORDER BY apps.id
    FOR NO KEY UPDATE OF apps
),
app AS (
    UPDATE apps
    SET
        status = wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> ''),
        updated_at = wh_now()
    FROM target
    JOIN moved ON moved.app_id = target.id
    WHERE
        apps.id = target.id
        AND apps.status <> wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> '')
    RETURNING apps.id, apps.user_id, apps.name
)
SELECT
    app.id AS changed_app,
    app.user_id AS app_owner,
    app.name AS app_name,
    moved.id, moved.app_id, moved.deployment_id, moved.worker_id, moved.job_type, moved.status, moved.payload,
    moved.app_was, moved.message, moved.progress, moved.result, moved.created_at, moved.assigned_at, moved.started_at,
    moved.completed_at, moved.updated_at
FROM moved
LEFT JOIN app ON app.id = moved.app_id
