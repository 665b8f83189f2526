drop index alerts_user_kind_idx;
drop index apps_running_id_idx;
drop index apps_worker_living_idx;
