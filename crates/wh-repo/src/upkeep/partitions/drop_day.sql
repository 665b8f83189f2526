-- maintenance.old_log_days
SELECT runtime_logs_drop_partition($1) AS days
