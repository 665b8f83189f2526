-- jobs.prepare
-- Everything that a payload is made of, and the ids of the rows to come: a ciphertext is bound to its row before that exists.
SELECT
    nextval('jobs_id_seq') AS job_id,
    CASE WHEN $2 THEN nextval('deployments_id_seq') END AS deployment_id,
    array(SELECT key FROM app_env_vars WHERE $3 AND app_id = apps.id ORDER BY key) AS env_keys,
    array(SELECT value FROM app_env_vars WHERE $3 AND app_id = apps.id ORDER BY key) AS env_values,
    (
        SELECT access_token
        FROM git_provider_tokens
        WHERE $3 AND user_id = apps.user_id AND provider = apps.git_provider
    ) AS git_token,
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at
FROM apps
WHERE id = $1
