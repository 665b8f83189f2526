-- workers.upsert: lock
-- Sorted, so that two registrations take their locks in the same order.
SELECT pg_advisory_xact_lock(key)
FROM (
    SELECT key
    FROM (VALUES (hashtextextended('workers.name ' || $1, 0)), (hashtextextended('workers.api_key_hash ' || $2, 0))) AS keys (key)
    ORDER BY key
) AS sorted
