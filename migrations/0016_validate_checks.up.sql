-- Reads every row once, beside readers and writers: the second half of 0011, 0012, 0013 and 0015.

alter table users validate constraint users_totp_last_step_check;
alter table apps validate constraint apps_container_port_check;
alter table jobs validate constraint jobs_app_was_check;
alter table audit_events validate constraint audit_events_kind_check;
