-- maintenance.coming_log_days: the days that the split-off lines become a partition of
SELECT first_day, end_day
FROM runtime_logs_spill_days($1::date)
