-- Lists that had to leave out most of what their index gave: the living apps of a worker with thousands of deleted ones, the
-- running apps among all, the alerts of one kind.

create index apps_worker_living_idx on apps (worker_id, id) where deleted_at is null;
create index apps_running_id_idx on apps (id) where status = 'running';
create index alerts_user_kind_idx on alerts (user_id, kind, id);
