-- apps.show
-- Unreachable: it runs, or something is deployed over it while it runs, and its worker is not there.
SELECT
    id, uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, branch, root_dir, build_command,
    start_command, commit_sha, port, container_id, container_port, cpu_limit, memory_limit_mib, disk_limit_mib,
    bandwidth_limit, pids_limit, auto_deploy, webhook_id, violation_reason, created_at, updated_at, deleted_at,
    (
        (
            status = 'running'
            OR (
                status = 'deploying'
                AND container_id <> ''
                AND EXISTS (
                    SELECT
                    FROM jobs
                    WHERE
                        jobs.app_id = apps.id
                        AND jobs.status IN ('pending', 'assigned', 'processing')
                        AND coalesce(jobs.app_was, 'running') = 'running'
                )
            )
        )
        AND NOT EXISTS (SELECT FROM workers WHERE workers.id = apps.worker_id AND workers.status = 'online')
    ) AS unreachable
FROM apps
WHERE id = $1
