-- wh: no-transaction
-- Retention: the logs of the deployments that ended first.
create index concurrently deployments_logs_idx on deployments (finished_at, id) where build_logs <> '';
