drop table pending_totps;
drop table backup_codes;
drop table usage_samples;
drop table alerts;
drop table app_alert_rules;
drop table login_events;
drop table sessions;

alter table users
    drop constraint users_totp_enabled_check,
    drop column totp_verified_at,
    drop column totp_enabled,
    drop column totp_secret;
