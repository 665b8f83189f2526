-- jobs.complete
WITH found AS MATERIALIZED (
    SELECT
        id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result,
        created_at, assigned_at, started_at, completed_at, updated_at
    FROM jobs
    WHERE id = $1 AND worker_id = $2
    FOR UPDATE
),
target AS MATERIALIZED (
    -- Whether the job leaves a container of an app that was deleted meanwhile.
    SELECT
        apps.id,
        apps.deleted_at IS NOT NULL AS deleted,
        apps.deleted_at IS NOT NULL
        AND $3 = 'completed'
        AND $5 <> ''
        AND found.job_type IN ('deploy', 'restart', 'start') AS orphaned
    FROM found
    JOIN apps ON apps.id = found.app_id
    FOR NO KEY UPDATE OF apps
),
moved AS (
    UPDATE jobs
    SET
        status = $3,
        result = $4,
        message = CASE WHEN $10 <> '' THEN $10 ELSE jobs.message END,
        progress = CASE WHEN $3 = 'completed' THEN 100 ELSE jobs.progress END,
        payload = '',
        completed_at = wh_now(),
        updated_at = wh_now()
    FROM found
    CROSS JOIN target
    WHERE
        jobs.id = found.id
        AND wh_job_step_allowed(found.status, $3)
        -- Such a container needs a job that deletes it, and that a payload which is sealed for its id.
        AND (NOT target.orphaned OR $12::bigint IS NOT NULL)
    RETURNING
        jobs.id, jobs.app_id, jobs.deployment_id, jobs.worker_id, jobs.job_type, jobs.status, jobs.payload,
        jobs.app_was, jobs.message, jobs.progress, jobs.result, jobs.created_at, jobs.assigned_at, jobs.started_at,
        jobs.completed_at, jobs.updated_at
),
deployment AS (
    UPDATE deployments
    SET
        status = CASE WHEN $3 = 'completed' THEN 'succeeded' ELSE 'failed' END,
        container_id = $5,
        port = $6,
        error_message = $10,
        finished_at = wh_now(),
        commit_sha = coalesce(nullif($7, ''), deployments.commit_sha),
        commit_message = coalesce(nullif($8, ''), deployments.commit_message),
        commit_author = coalesce(nullif($9, ''), deployments.commit_author),
        build_logs = coalesce(nullif($11, ''), deployments.build_logs)
    FROM moved
    WHERE deployments.id = moved.deployment_id
),
came_up AS (
    SELECT app_id, worker_id
    FROM moved
    WHERE status = 'completed' AND job_type IN ('deploy', 'restart', 'start')
),
app AS (
    UPDATE apps
    SET
        status = wh_app_status_after(moved.job_type, moved.status, apps.status, moved.app_was, apps.container_id <> ''),
        deleted_at = CASE WHEN moved.job_type = 'delete' AND $3 = 'completed' THEN wh_now() END,
        -- A container that was reported replaces the one before, on whatever worker that was.
        worker_id = CASE
            WHEN came_up.app_id IS NOT NULL AND ($5 <> '' OR apps.container_id = '') THEN came_up.worker_id
            ELSE apps.worker_id
        END,
        container_id = CASE
            WHEN moved.job_type = 'delete' AND $3 = 'completed' THEN ''
            WHEN came_up.app_id IS NOT NULL AND $5 <> '' THEN $5
            ELSE apps.container_id
        END,
        port = CASE
            WHEN moved.job_type = 'delete' AND $3 = 'completed' THEN 0
            WHEN came_up.app_id IS NOT NULL AND ($5 <> '' OR $6 <> 0) THEN $6
            ELSE apps.port
        END,
        commit_sha = CASE
            WHEN came_up.app_id IS NOT NULL THEN coalesce(nullif($7, ''), apps.commit_sha)
            ELSE apps.commit_sha
        END,
        updated_at = wh_now()
    FROM moved
    LEFT JOIN came_up ON true
    WHERE apps.id = moved.app_id AND apps.deleted_at IS NULL
    RETURNING apps.id, apps.user_id, apps.name, apps.status
),
robbed AS (
    -- The app that had this port of this worker. A trigger sets its port to 0.
    SELECT apps.id, apps.user_id, apps.name
    FROM came_up
    JOIN apps ON apps.worker_id = came_up.worker_id AND apps.id <> came_up.app_id
    WHERE apps.port = $6 AND apps.port > 0
    LIMIT 1
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
cleanup AS (
    INSERT INTO jobs (id, app_id, worker_id, job_type, status, payload, app_was, assigned_at)
    OVERRIDING SYSTEM VALUE
    SELECT $12, moved.app_id, moved.worker_id, 'delete', 'assigned', $13, 'deleted', wh_now()
    FROM moved
    CROSS JOIN target
    WHERE target.orphaned
    ON CONFLICT (app_id) WHERE status IN ('pending', 'assigned', 'processing') DO NOTHING
    RETURNING id, pg_notify('wh_jobs', worker_id::text)
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
    target.deleted AS app_deleted,
    target.orphaned,
    (SELECT id FROM cleanup) AS cleanup,
    robbed.id AS robbed_app,
    robbed.user_id AS robbed_owner,
    robbed.name AS robbed_name,
    app.id AS changed_app,
    app.user_id AS app_owner,
    app.name AS app_name,
    now.id, now.app_id, now.deployment_id, now.worker_id, now.job_type, now.status, now.payload, now.app_was,
    now.message, now.progress, now.result, now.created_at, now.assigned_at, now.started_at, now.completed_at,
    now.updated_at
FROM found
CROSS JOIN target
CROSS JOIN now
LEFT JOIN app ON true
LEFT JOIN robbed ON true
