-- maintenance.old_log_days
SELECT runtime_logs_drop_partitions($1::date) AS days
