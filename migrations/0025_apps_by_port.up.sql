-- wh: no-transaction
-- Finds the app that has a port of a worker.
create index concurrently apps_worker_port_idx on apps (worker_id, port) where port > 0;
