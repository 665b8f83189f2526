-- wh: no-transaction
drop index concurrently audit_events_user_odd_ip_idx;
