-- workers.upsert
-- The locks are those of upsert_lock.sql. Outside of a transaction they are taken here: a registration inside of one then waits
-- for this one, and sees it.
WITH locked AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(key)) AS locks
    FROM (
        SELECT key
        FROM (VALUES (hashtextextended('workers.name ' || $1, 0)), (hashtextextended('workers.api_key_hash ' || $3, 0))) AS keys (key)
        ORDER BY key
    ) AS sorted
),
prior AS MATERIALIZED (
    SELECT workers.api_key_hash
    FROM locked
    CROSS JOIN workers
    WHERE workers.name = $1
    FOR NO KEY UPDATE OF workers
),
registered AS (
    INSERT INTO workers (
        name, ip_address, api_key_hash, zone, region_name, capacity_cpu, capacity_memory_mib, offline_since
    )
    SELECT $1, $2, $3, $4, $5, $6, $7, wh_now()
    FROM locked
    -- Counted first: read after the change, the row would give no key from before.
    WHERE (SELECT count(*) FROM prior) <= 1
        AND NOT EXISTS (SELECT FROM workers AS other WHERE other.api_key_hash = $3 AND other.name <> $1)
    ON CONFLICT (name) DO UPDATE
    SET
        ip_address = excluded.ip_address,
        api_key_hash = excluded.api_key_hash,
        zone = excluded.zone,
        region_name = excluded.region_name,
        capacity_cpu = excluded.capacity_cpu,
        capacity_memory_mib = excluded.capacity_memory_mib,
        updated_at = wh_now()
    RETURNING
    workers.id, workers.name, workers.ip_address, workers.api_key_hash, workers.zone, workers.region_name, workers.status, workers.capacity_cpu, workers.capacity_memory_mib, workers.used_cpu, workers.used_memory_mib,
    workers.running_containers, workers.last_heartbeat_at, workers.offline_since, workers.created_at, workers.updated_at
)
SELECT
    prior.api_key_hash AS prior_key,
    registered.id, registered.name, registered.ip_address, registered.api_key_hash, registered.zone, registered.region_name, registered.status, registered.capacity_cpu, registered.capacity_memory_mib, registered.used_cpu, registered.used_memory_mib,
    registered.running_containers, registered.last_heartbeat_at, registered.offline_since, registered.created_at, registered.updated_at
FROM registered
LEFT JOIN prior ON true
