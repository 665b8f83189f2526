-- maintenance.coming_log_days
SELECT runtime_logs_create_partitions($1::date, 1) AS days
