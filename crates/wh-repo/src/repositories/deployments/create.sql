-- deployments.create
-- `app` is empty if a rule refuses it, and then so is all that follows from it: a refusal leaves no trace. UUID and name are held by
-- the locks of lock_owner.sql. The conflict target is the subdomain alone: a primary key that is taken is a broken sequence, and
-- must be seen.
WITH prior AS (
    SELECT id, user_id = $2 AND name = $3 AS same
    FROM apps
    WHERE uuid = $1
),
owned AS (
    SELECT count(*) AS apps
    FROM apps
    WHERE user_id = $2 AND deleted_at IS NULL
),
app AS (
    INSERT INTO apps (
        id, uuid, user_id, name, subdomain, git_provider, repo_url, branch, root_dir, build_command, start_command, commit_sha,
        auto_deploy, cpu_limit, memory_limit_mib, disk_limit_mib, bandwidth_limit, pids_limit, container_port
    )
    OVERRIDING SYSTEM VALUE
    SELECT $24, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $27
    FROM owned
    WHERE
        NOT EXISTS (SELECT FROM prior)
        AND NOT EXISTS (SELECT FROM apps WHERE user_id = $2 AND name = $3 AND deleted_at IS NULL)
        AND ($18 = 0 OR owned.apps < $18)
    ON CONFLICT (subdomain) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id, status
),
env AS (
    INSERT INTO app_env_vars (app_id, key, value)
    SELECT app.id, var.key, var.value
    FROM app
    CROSS JOIN unnest($19::text[], $20::text[]) AS var (key, value)
),
deployment AS (
    INSERT INTO deployments (id, app_id, branch, commit_sha, commit_message, commit_author)
    OVERRIDING SYSTEM VALUE
    SELECT $25, id, $7, $11, $21, $22
    FROM app
    RETURNING id, app_id
),
job AS (
    INSERT INTO jobs (id, app_id, deployment_id, job_type, payload, app_was)
    OVERRIDING SYSTEM VALUE
    SELECT $26, deployment.app_id, deployment.id, 'deploy', $23, app.status
    FROM deployment
    CROSS JOIN app
    RETURNING id, app_id, deployment_id
),
made AS (
    SELECT app_id, deployment_id, id AS job_id, true AS fresh
    FROM job
    UNION ALL
    (
        SELECT prior.id, jobs.deployment_id, jobs.id, false
        FROM prior
        JOIN jobs ON jobs.app_id = prior.id
        WHERE prior.same AND jobs.deployment_id IS NOT NULL
        ORDER BY jobs.id
        LIMIT 1
    )
)
SELECT
    made.app_id,
    made.deployment_id,
    made.job_id,
    made.fresh,
    owned.apps AS owned,
    $2 AS user_id,
    $3 AS name,
    EXISTS (SELECT FROM prior) AS uuid_used,
    EXISTS (SELECT FROM apps WHERE user_id = $2 AND name = $3 AND deleted_at IS NULL) AS name_taken,
    EXISTS (SELECT FROM apps WHERE subdomain = $4 AND deleted_at IS NULL) AS subdomain_taken
FROM owned
LEFT JOIN made ON true
