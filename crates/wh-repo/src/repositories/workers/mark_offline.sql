-- workers.mark_offline
WITH found AS MATERIALIZED (
    SELECT id, status
    FROM workers
    WHERE id = $1
    FOR NO KEY UPDATE
)
UPDATE workers
SET
    status = 'offline',
    offline_since = CASE WHEN found.status = 'offline' THEN coalesce(workers.offline_since, wh_now()) ELSE wh_now() END,
    updated_at = wh_now()
FROM found
WHERE workers.id = found.id
RETURNING
    found.status <> 'offline' AS fresh,
    workers.id, workers.name, workers.ip_address, workers.api_key_hash, workers.zone, workers.region_name, workers.status, workers.capacity_cpu, workers.capacity_memory_mib, workers.used_cpu, workers.used_memory_mib,
    workers.running_containers, workers.last_heartbeat_at, workers.offline_since, workers.created_at, workers.updated_at
