-- apps.list_running_for_worker
-- Compares (worker_id, id) as one value, as list_by_worker.sql does. A job that remembers nothing of its app is from before migration
-- 0013: its app ran if it has a container.
SELECT
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at
FROM apps
WHERE
    (worker_id, id) < ($1, $2)
    AND worker_id >= $1
    AND status IN ('running', 'deploying')
    AND port > 0
    AND container_id <> ''
    AND EXISTS (SELECT FROM workers WHERE workers.id = $1 AND workers.status = 'online')
    AND (
        status = 'running'
        OR EXISTS (
            SELECT
            FROM jobs
            WHERE
                jobs.app_id = apps.id
                AND jobs.status IN ('pending', 'assigned', 'processing')
                AND coalesce(jobs.app_was, 'running') = 'running'
        )
    )
ORDER BY worker_id DESC, id DESC
LIMIT $3
