-- jobs.pin: why it was refused
SELECT
    EXISTS (SELECT FROM apps WHERE id = $1 AND deleted_at IS NULL) AS app,
    EXISTS (SELECT FROM apps WHERE id = $1 AND status = 'violated' AND $3 IN ('restart', 'start')) AS violated,
    $2::bigint IS NULL OR EXISTS (SELECT FROM workers WHERE id = $2) AS worker
