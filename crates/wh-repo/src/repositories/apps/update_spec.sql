-- apps.update_spec
UPDATE apps
SET
    git_provider = coalesce($2, git_provider),
    repo_url = coalesce($3, repo_url),
    branch = coalesce($4, branch),
    root_dir = coalesce($5, root_dir),
    build_command = coalesce($6, build_command),
    start_command = coalesce($7, start_command),
    cpu_limit = coalesce($8, cpu_limit),
    memory_limit_mib = coalesce($9, memory_limit_mib),
    disk_limit_mib = coalesce($10, disk_limit_mib),
    bandwidth_limit = coalesce($11, bandwidth_limit),
    pids_limit = coalesce($12, pids_limit),
    container_port = coalesce($13, container_port),
    updated_at = wh_now()
WHERE id = $1 AND deleted_at IS NULL
RETURNING
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at
