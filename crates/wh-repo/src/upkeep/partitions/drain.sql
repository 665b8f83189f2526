-- maintenance.coming_log_days: moves lines of these days into the split-off part
SELECT runtime_logs_spill_drain($1::date, $2::date, $3::integer) AS days
