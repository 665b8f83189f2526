-- runtime_logs.newest
SELECT newest.id, newest.app_id, newest.worker_id, newest.stream, newest.line, newest.logged_at
FROM unnest($1::bigint[]) AS app (id)
CROSS JOIN LATERAL (
    SELECT id, app_id, worker_id, stream, line, logged_at
    FROM runtime_logs
    WHERE app_id = app.id
    ORDER BY logged_at DESC, id DESC
    LIMIT $2
) AS newest
ORDER BY newest.logged_at DESC, newest.id DESC
LIMIT $2
