-- wh: no-transaction
-- The routes of a worker: its apps that run, or may be deployed over while they run.
create index concurrently apps_routed_idx on apps (worker_id, id) where status in ('running', 'deploying') and port > 0;
