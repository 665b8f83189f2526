-- The kind as the platform names it. The word that was written so far is still taken: old rows have it, and so do processes from
-- before this migration.

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
