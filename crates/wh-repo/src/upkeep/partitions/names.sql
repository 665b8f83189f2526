-- maintenance.old_log_days: all partitions
SELECT child.relname::text AS name
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = 'public.runtime_logs'::regclass
ORDER BY name
