-- apps.list_by_worker
-- Compares (worker_id, id) as one value, and orders by both. With worker_id = $1 the planner may walk everybody's apps by id and
-- expect to meet enough of this worker's soon: an idle worker then costs a walk to the end.
SELECT
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at
FROM apps
WHERE (worker_id, id) < ($1, $2) AND worker_id >= $1 AND deleted_at IS NULL
ORDER BY worker_id DESC, id DESC
LIMIT $3
