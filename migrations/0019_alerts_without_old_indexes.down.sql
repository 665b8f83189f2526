create unique index alerts_one_active_per_source on alerts (user_id, source_type, source_id) where status = 'active';
create index alerts_open_source_idx on alerts (user_id, source_type, source_id) where status <> 'resolved';
