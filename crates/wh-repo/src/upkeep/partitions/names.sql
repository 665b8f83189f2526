-- maintenance.old_log_days: the partitions of days
SELECT child.relname::text AS name
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = 'public.runtime_logs'::regclass
    AND child.relname ~ '^runtime_logs_[0-9]{8}(_[0-9]{8})?$'
ORDER BY name
