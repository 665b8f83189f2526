-- workers.mark_silent_offline
WITH silent AS MATERIALIZED (
    SELECT id
    FROM workers
    WHERE status = 'online' AND coalesce(last_heartbeat_at, updated_at) < wh_now() - make_interval(secs => $1)
    ORDER BY id
    LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
),
gone AS (
    UPDATE workers
    SET status = 'offline', offline_since = wh_now(), updated_at = wh_now()
    FROM silent
    WHERE workers.id = silent.id
    RETURNING
    workers.id, workers.name, workers.ip_address, workers.api_key_hash, workers.zone, workers.region_name, workers.status, workers.capacity_cpu, workers.capacity_memory_mib, workers.used_cpu, workers.used_memory_mib,
    workers.running_containers, workers.last_heartbeat_at, workers.offline_since, workers.created_at, workers.updated_at
)
SELECT
    id, name, ip_address, api_key_hash, zone, region_name, status, capacity_cpu, capacity_memory_mib, used_cpu, used_memory_mib,
    running_containers, last_heartbeat_at, offline_since, created_at, updated_at
FROM gone
ORDER BY id
