-- workers.heartbeat
UPDATE workers
SET
    status = $2,
    used_cpu = $3,
    used_memory_mib = $4,
    running_containers = $5,
    last_heartbeat_at = wh_now(),
    offline_since = CASE WHEN $2 = 'offline' THEN coalesce(offline_since, wh_now()) END,
    updated_at = wh_now()
WHERE id = $1
