-- jobs.find_active
SELECT
    id, app_id, deployment_id, worker_id, job_type, status, payload, app_was, message, progress, result, created_at,
    assigned_at, started_at, completed_at, updated_at
FROM jobs
WHERE app_id = $1 AND status IN ('pending', 'assigned', 'processing')
LIMIT 1
