-- wh: no-transaction
-- Maintenance: apps whose port is unknown. Empty once it has filled them.
create index concurrently apps_container_port_unknown_idx on apps (id) where container_port = 0 and deleted_at is null;
