-- wh: no-transaction
drop index concurrently jobs_silent_idx;
