-- wh: no-transaction
-- Retention: the jobs that ended first.
create index concurrently jobs_completed_at_idx on jobs (completed_at, id) where completed_at is not null;
