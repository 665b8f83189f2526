-- apps.report
-- Reads without locks what each report is about, and locks only what it changes: jobs before apps, apps in id order.
WITH report AS (
    SELECT named.uuid, named.status, named.container_id, named.port
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::integer[]) AS named (uuid, status, container_id, port)
    WHERE EXISTS (SELECT FROM workers WHERE id = $1)
),
known AS MATERIALIZED (
    SELECT
        report.uuid,
        report.status AS reported,
        report.container_id AS reported_container,
        report.port AS reported_port,
        apps.id,
        apps.worker_id = $1 AND (report.container_id IN ('', apps.container_id) OR apps.container_id = '') AS is_its_own,
        apps.deleted_at IS NOT NULL AS deleted,
        apps.container_id <> '' AND (apps.worker_id <> $1 OR apps.container_id <> report.container_id) AS elsewhere,
        apps.updated_at <= $2 AS unchanged,
        job.id AS job_id,
        job.worker_id = $1 AS job_is_here
    FROM report
    LEFT JOIN apps ON apps.uuid = report.uuid
    LEFT JOIN jobs AS job ON job.app_id = apps.id AND job.status IN ('pending', 'assigned', 'processing')
),
remembering AS MATERIALIZED (
    SELECT jobs.id, known.reported
    FROM known
    JOIN jobs ON jobs.id = known.job_id
    WHERE known.is_its_own AND known.unchanged AND jobs.app_was IN ('running', 'stopped') AND jobs.app_was <> known.reported
    ORDER BY jobs.id
    FOR NO KEY UPDATE OF jobs
),
remembered AS (
    UPDATE jobs
    SET app_was = remembering.reported
    FROM remembering
    WHERE jobs.id = remembering.id AND jobs.status IN ('pending', 'assigned', 'processing')
),
changing AS MATERIALIZED (
    SELECT apps.id, known.reported, known.reported_container, known.reported_port
    FROM known
    JOIN apps ON apps.id = known.id
    WHERE
        known.is_its_own
        AND known.job_id IS NULL
        AND apps.updated_at <= $2
        AND apps.status IN ('running', 'stopped')
        AND apps.worker_id = $1
        AND (
            apps.status <> known.reported
            OR (known.reported_port > 0 AND apps.port <> known.reported_port)
            OR (known.reported_container <> '' AND apps.container_id = '')
        )
    ORDER BY apps.id
    FOR NO KEY UPDATE OF apps
),
robbed AS (
    -- Apps that had a port which is reported for another one now. A trigger sets theirs to 0.
    SELECT apps.id, apps.user_id, apps.name
    FROM changing
    JOIN apps ON apps.worker_id = $1 AND apps.port = changing.reported_port AND apps.id <> changing.id
    WHERE changing.reported_port > 0 AND apps.port > 0
),
changed AS (
    UPDATE apps
    SET
        status = changing.reported,
        port = CASE WHEN changing.reported_port > 0 THEN changing.reported_port ELSE apps.port END,
        container_id = CASE WHEN apps.container_id = '' THEN changing.reported_container ELSE apps.container_id END,
        updated_at = wh_now()
    FROM changing
    WHERE apps.id = changing.id
    RETURNING apps.id, apps.user_id, apps.name
)
SELECT
    changed.id AS changed_app,
    changed.user_id AS app_owner,
    changed.name AS app_name,
    true AS reported,
    NULL::uuid AS stray_uuid,
    NULL::text AS stray_container
FROM changed
UNION ALL
SELECT robbed.id, robbed.user_id, robbed.name, false, NULL, NULL
FROM robbed
UNION ALL
SELECT NULL, NULL, NULL, false, known.uuid, known.reported_container
FROM known
WHERE
    known.reported_container <> ''
    AND (
        known.id IS NULL
        OR (known.unchanged AND known.deleted AND known.job_id IS NULL)
        -- A container that a job is just bringing up is not known yet.
        OR (known.unchanged AND NOT known.deleted AND known.elsewhere AND known.job_is_here IS NOT TRUE)
    )
