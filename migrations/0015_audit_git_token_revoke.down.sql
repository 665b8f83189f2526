-- The older CHECK does not know the new word, so rows that have it get the old one: the same event, spelt as before.

alter table audit_events disable trigger audit_events_append_only;
alter table audit_events drop constraint audit_events_kind_check;

update audit_events set kind = 'git_token_revoked' where kind = 'git_token_revoke';

alter table audit_events
    enable trigger audit_events_append_only,
    add constraint audit_events_kind_check
        check (
            kind in (
                'login', 'logout', 'session_revoked', 'app_deploy', 'app_restart', 'app_start', 'app_stop',
                'app_delete', 'env_set', 'env_delete', 'git_token_revoked', 'domain_create', 'domain_verify',
                'domain_delete'
            )
        );
