-- deployments.list_recent_for_user
-- Takes as many as the page has from each app, by its index, and of those the newest.
SELECT
    recent.id, recent.app_id, recent.worker_id, recent.status, recent.branch, recent.commit_sha, recent.commit_message,
    recent.commit_author, '' AS build_logs, recent.error_message, recent.container_id, recent.port, recent.started_at,
    recent.finished_at, recent.created_at
FROM apps
CROSS JOIN LATERAL (
    SELECT
        id, app_id, worker_id, status, branch, commit_sha, commit_message, commit_author, error_message, container_id, port,
        started_at, finished_at, created_at
    FROM deployments
    WHERE app_id = apps.id AND id < $2
    ORDER BY id DESC
    LIMIT $3
) AS recent
WHERE apps.user_id = $1 AND apps.deleted_at IS NULL
ORDER BY recent.id DESC
LIMIT $3
