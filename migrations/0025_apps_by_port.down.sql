-- wh: no-transaction
drop index concurrently apps_worker_port_idx;
