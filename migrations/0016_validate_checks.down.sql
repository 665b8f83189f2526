-- A constraint cannot be made unvalidated again: each is dropped and added as its migration had added it.

alter table audit_events
    drop constraint audit_events_kind_check,
    add constraint audit_events_kind_check
        check (
            kind in (
                'login', 'logout', 'session_revoked', 'app_deploy', 'app_restart', 'app_start', 'app_stop',
                'app_delete', 'env_set', 'env_delete', 'git_token_revoke', 'git_token_revoked', 'domain_create',
                'domain_verify', 'domain_delete'
            )
        ) not valid;
alter table jobs
    drop constraint jobs_app_was_check,
    add constraint jobs_app_was_check
        check (app_was in ('pending', 'deploying', 'running', 'stopped', 'failed', 'violated', 'deleted')) not valid;
alter table apps
    drop constraint apps_container_port_check,
    add constraint apps_container_port_check check (container_port between 0 and 65535) not valid;
alter table users
    drop constraint users_totp_last_step_check,
    add constraint users_totp_last_step_check check (totp_last_step >= 0) not valid;
