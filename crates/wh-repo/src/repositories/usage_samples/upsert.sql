-- usage_samples.upsert
-- Counters stay at the largest value that a column holds rather than fail. Averages that differ by next to nothing stay, since
-- Postgres refuses a product that is too small for it.
INSERT INTO usage_samples AS kept (
    app_id, bucket_start, user_id, cpu_avg, cpu_max, memory_avg_mib, memory_max_mib, network_rx_bytes, network_tx_bytes,
    disk_mib, samples
)
SELECT id, $2::timestamptz, user_id, $3, $4, $5, $6, $7, $8, $9, $10
FROM apps
WHERE id = $1
ON CONFLICT (app_id, bucket_start) DO UPDATE SET
    cpu_avg = CASE
        WHEN abs(excluded.cpu_avg - kept.cpu_avg) < 1e-100 THEN kept.cpu_avg
        ELSE kept.cpu_avg
            + (excluded.cpu_avg - kept.cpu_avg) * (excluded.samples / (kept.samples::double precision + excluded.samples))
    END,
    cpu_max = greatest(kept.cpu_max, excluded.cpu_max),
    memory_avg_mib = CASE
        WHEN abs(excluded.memory_avg_mib - kept.memory_avg_mib) < 1e-100 THEN kept.memory_avg_mib
        ELSE kept.memory_avg_mib
            + (excluded.memory_avg_mib - kept.memory_avg_mib)
            * (excluded.samples / (kept.samples::double precision + excluded.samples))
    END,
    memory_max_mib = greatest(kept.memory_max_mib, excluded.memory_max_mib),
    network_rx_bytes = least(kept.network_rx_bytes::numeric + excluded.network_rx_bytes, 9223372036854775807)::bigint,
    network_tx_bytes = least(kept.network_tx_bytes::numeric + excluded.network_tx_bytes, 9223372036854775807)::bigint,
    disk_mib = greatest(kept.disk_mib, excluded.disk_mib),
    samples = least(kept.samples::bigint + excluded.samples, 2147483647)::integer
RETURNING
    app_id, bucket_start, user_id, cpu_avg, cpu_max, memory_avg_mib, memory_max_mib, network_rx_bytes, network_tx_bytes,
    disk_mib, samples
