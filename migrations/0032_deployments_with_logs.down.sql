-- wh: no-transaction
drop index concurrently deployments_logs_idx;
