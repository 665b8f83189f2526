-- apps.list_running_for_worker
-- Compares (worker_id, id) as one value, as list_by_worker.sql does.
SELECT
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at
FROM apps
WHERE (worker_id, id) < ($1, $2) AND worker_id >= $1 AND status = 'running' AND port > 0
ORDER BY worker_id DESC, id DESC
LIMIT $3
