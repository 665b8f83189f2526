-- workers.delete: what it has
SELECT
    (SELECT count(*) FROM apps WHERE worker_id = $1 AND deleted_at IS NULL) AS apps,
    (SELECT count(*) FROM jobs WHERE worker_id = $1 AND status IN ('pending', 'assigned', 'processing')) AS jobs
