-- jobs.pin
WITH worker AS MATERIALIZED (
    -- Held, so that a worker that is being deleted breaks no foreign key.
    SELECT id
    FROM workers
    WHERE id = $2
    FOR KEY SHARE
),
active AS MATERIALIZED (
    -- Locked before the app, as every step of a job does. Its end must be seen by what the new job remembers of the app.
    SELECT id
    FROM jobs
    WHERE app_id = $1 AND status IN ('pending', 'assigned', 'processing')
    FOR SHARE
),
app AS MATERIALIZED (
    SELECT id, user_id, name, status
    FROM apps
    WHERE
        id = $1
        AND deleted_at IS NULL
        AND NOT (status = 'violated' AND $5 IN ('restart', 'start'))
        -- Where the payload says that it is.
        AND worker_id IS NOT DISTINCT FROM $2
        AND container_id = $11
        AND (SELECT count(*) FROM active) >= 0
    FOR NO KEY UPDATE
),
job AS (
    INSERT INTO jobs (id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, assigned_at)
    OVERRIDING SYSTEM VALUE
    SELECT
        $3,
        app.id,
        $4,
        worker.id,
        $5,
        CASE WHEN worker.id IS NULL THEN 'pending' ELSE 'assigned' END,
        $6,
        app.status,
        CASE WHEN worker.id IS NOT NULL THEN wh_now() END
    FROM app
    LEFT JOIN worker ON true
    WHERE $2 IS NULL OR worker.id IS NOT NULL
    ON CONFLICT (app_id) WHERE status IN ('pending', 'assigned', 'processing') DO NOTHING
    RETURNING
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at,
        (SELECT pg_notify('wh_jobs', worker_id::text) WHERE worker_id IS NOT NULL)
),
deployment AS (
    INSERT INTO deployments (id, app_id, worker_id, branch, commit_sha, commit_message, commit_author)
    OVERRIDING SYSTEM VALUE
    SELECT deployment_id, app_id, worker_id, $7, $8, $9, $10
    FROM job
    WHERE deployment_id IS NOT NULL
),
moved AS (
    UPDATE apps
    SET
        status = wh_app_status_after(job.job_type, job.status, apps.status, job.app_was, apps.container_id <> ''),
        updated_at = wh_now()
    FROM job
    WHERE
        apps.id = job.app_id
        AND apps.status <> wh_app_status_after(job.job_type, job.status, apps.status, job.app_was, apps.container_id <> '')
),
known AS (
    SELECT
        true AS fresh,
        true AS same_commit,
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM job
    UNION ALL
    SELECT
        false,
        coalesce(
            (SELECT branch = $7 AND commit_sha = $8 FROM deployments WHERE deployments.id = jobs.deployment_id), true
        ),
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM jobs
    WHERE app_id = $1 AND status IN ('pending', 'assigned', 'processing') AND NOT EXISTS (SELECT FROM job)
)
SELECT
    known.fresh,
    known.same_commit,
    app.user_id AS app_user,
    app.name AS app_name,
    known.id, known.app_id, known.deployment_id, known.worker_id, known.job_type, known.status, known.payload,
    known.app_was, known.message, known.progress, known.result, known.created_at, known.assigned_at, known.started_at,
    known.completed_at, known.updated_at
FROM app
CROSS JOIN known
