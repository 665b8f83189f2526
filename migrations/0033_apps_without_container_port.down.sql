-- wh: no-transaction
drop index concurrently apps_container_port_unknown_idx;
