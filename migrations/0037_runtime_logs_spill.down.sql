drop function runtime_logs_drop_partition(text);
drop function runtime_logs_spill_finish(date, date);
drop function runtime_logs_spill_bound(date, date);
drop function runtime_logs_spill_drain(date, date, integer);
drop function runtime_logs_spill_strays(date, date, integer);
drop function runtime_logs_spill_days(date);
drop function runtime_logs_spill_settle();
drop function runtime_logs_spill_freeze();
drop function runtime_logs_spill_prepare();
