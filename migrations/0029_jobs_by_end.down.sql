-- wh: no-transaction
drop index concurrently jobs_completed_at_idx;
