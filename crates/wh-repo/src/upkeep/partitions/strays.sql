-- maintenance.coming_log_days: moves lines of other days out of the split-off part
SELECT runtime_logs_spill_strays($1::date, $2::date, $3::integer) AS days
