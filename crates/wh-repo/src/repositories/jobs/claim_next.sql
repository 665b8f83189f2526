-- jobs.claim_next
WITH free AS MATERIALIZED (
    SELECT id
    FROM jobs
    WHERE worker_id = $1 AND status = 'assigned'
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
held AS MATERIALIZED (
    -- All are locked, which need not mean that they are taken: an assignment with an older snapshot locks a job that it then finds
    -- assigned already. Waits for the decision about the oldest, and goes on to the next if that one is gone.
    SELECT id
    FROM jobs
    WHERE worker_id = $1 AND status = 'assigned' AND NOT EXISTS (SELECT FROM free)
    ORDER BY id
    LIMIT 1
    FOR UPDATE
),
next AS (
    SELECT id
    FROM free
    UNION ALL
    SELECT id
    FROM held
),
moved AS (
    UPDATE jobs
    SET status = 'processing', started_at = coalesce(jobs.started_at, wh_now()), updated_at = wh_now()
    FROM next
    WHERE jobs.id = next.id AND jobs.status = 'assigned'
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at
),
deployment AS (
    UPDATE deployments
    SET status = 'building', started_at = coalesce(deployments.started_at, wh_now())
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
