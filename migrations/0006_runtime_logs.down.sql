drop function runtime_logs_drop_partitions(date);
drop function runtime_logs_create_partitions(date, integer);
drop table runtime_logs;
