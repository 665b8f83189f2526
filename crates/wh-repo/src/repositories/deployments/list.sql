-- deployments.list
SELECT
    id, app_id, worker_id, status, branch, commit_sha, commit_message, commit_author, '' AS build_logs, error_message,
    container_id, port, started_at, finished_at, created_at
FROM deployments
WHERE app_id = $1 AND id < $2
ORDER BY id DESC
LIMIT $3
