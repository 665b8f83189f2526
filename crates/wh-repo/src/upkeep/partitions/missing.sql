-- maintenance.coming_log_days: those that have no partition
SELECT $1::date + n AS day
FROM generate_series(0, $2::integer) AS n
WHERE to_regclass('public.runtime_logs_' || to_char($1::date + n, 'YYYYMMDD')) IS NULL
ORDER BY n
