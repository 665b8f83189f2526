-- wh: no-transaction
-- The sweep: jobs at work that were silent for longest.
create index concurrently jobs_silent_idx on jobs (updated_at, id) where status = 'processing';
