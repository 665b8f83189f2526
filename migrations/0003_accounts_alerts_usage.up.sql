-- Sessions and the second factor of users, what they did, what they are warned of, and what their apps use.

alter table users
    add column totp_secret text not null default '',
    add column totp_enabled boolean not null default false,
    add column totp_verified_at timestamptz,
    add constraint users_totp_enabled_check check (not totp_enabled or totp_secret <> '');

comment on column users.totp_secret is 'Shared secret of the second factor, encrypted at rest; empty until enrolled.';
comment on column users.totp_enabled is 'Whether signing in asks for the second factor.';
comment on column users.totp_verified_at is 'When the second factor was switched on; null while it is off.';

create table sessions (
    id bigint generated always as identity constraint sessions_pkey primary key,
    user_id bigint not null constraint sessions_user_id_fkey references users (id) on delete cascade,
    token_hash text not null
        constraint sessions_token_hash_key unique
        constraint sessions_token_hash_check check (token_hash ~ '^[0-9a-f]{64}$'),
    ip text not null default ''
        constraint sessions_ip_check check (char_length(ip) <= 45),
    geo text not null default ''
        constraint sessions_geo_check check (char_length(geo) <= 255),
    user_agent text not null default ''
        constraint sessions_user_agent_check check (char_length(user_agent) <= 1024),
    two_factor boolean not null default false,
    created_at timestamptz not null default wh_now(),
    last_seen_at timestamptz not null default wh_now(),
    revoked_at timestamptz
);

create index sessions_user_id_idx on sessions (user_id, id);
create index sessions_user_alive_idx on sessions (user_id, id) where revoked_at is null;
create index sessions_last_seen_at_idx on sessions (last_seen_at);
create index sessions_revoked_at_idx on sessions (revoked_at) where revoked_at is not null;

comment on table sessions is 'Signed-in browsers. Alive: not revoked, and seen within 30 days.';
comment on column sessions.token_hash is 'Lower-case hexadecimal sha256 of the session token, which is never stored.';
comment on column sessions.geo is 'Where the address is, as a person says it.';
comment on column sessions.two_factor is 'Whether signing in went through the second factor.';
comment on column sessions.last_seen_at is 'Moved at most once a minute.';

create table login_events (
    id bigint generated always as identity,
    user_id bigint not null constraint login_events_user_id_fkey references users (id) on delete cascade,
    kind text not null
        constraint login_events_kind_check
        check (
            kind in (
                'login', 'logout', 'session_revoked', 'app_deploy', 'app_restart', 'app_start', 'app_stop',
                'app_delete', 'env_set', 'env_delete', 'git_token_revoked', 'domain_create', 'domain_verify',
                'domain_delete'
            )
        ),
    ip text not null default ''
        constraint login_events_ip_check check (char_length(ip) <= 45),
    geo text not null default ''
        constraint login_events_geo_check check (char_length(geo) <= 255),
    user_agent text not null default ''
        constraint login_events_user_agent_check check (char_length(user_agent) <= 1024),
    session_id bigint,
    target_type text not null default ''
        constraint login_events_target_type_check check (char_length(target_type) <= 64),
    target_id text not null default ''
        constraint login_events_target_id_check check (char_length(target_id) <= 255),
    detail jsonb not null default '{}',
    created_at timestamptz not null default wh_now(),
    constraint login_events_pkey primary key (user_id, id)
);

create index login_events_user_ip_idx on login_events (user_id, ip);

comment on table login_events is 'What users did with their accounts. Grows without end.';
comment on column login_events.id is 'Unique within its user, ascending in time.';
comment on column login_events.session_id is 'The session it came from, which may be gone; null where there was none.';
comment on column login_events.target_type is 'What kind of thing it was done to; empty where there is none.';
comment on column login_events.target_id is 'Id of that thing; empty where there is none.';
comment on column login_events.detail is 'What else is worth knowing, by kind.';

create table app_alert_rules (
    id bigint generated always as identity constraint app_alert_rules_pkey primary key,
    app_id bigint not null constraint app_alert_rules_app_id_fkey references apps (id) on delete cascade,
    user_id bigint not null constraint app_alert_rules_user_id_fkey references users (id) on delete cascade,
    kind text not null
        constraint app_alert_rules_kind_check
        check (kind in ('cpu', 'memory', 'disk', 'bandwidth', 'offline', 'crashloop', 'deployment_failed')),
    threshold integer not null default 0
        constraint app_alert_rules_threshold_check check (threshold between 0 and 100),
    sustain_minutes integer not null default 0
        constraint app_alert_rules_sustain_minutes_check check (sustain_minutes between 0 and 1440),
    enabled boolean not null default true,
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now(),
    constraint app_alert_rules_app_kind_key unique (app_id, kind)
);

create index app_alert_rules_user_id_idx on app_alert_rules (user_id, id);
create index app_alert_rules_enabled_idx on app_alert_rules (id) where enabled;

comment on table app_alert_rules is 'When a user wants to be warned about an app, one rule per kind.';
comment on column app_alert_rules.threshold is 'Percent of the limit; 0 for the kinds that fire at once.';
comment on column app_alert_rules.sustain_minutes is 'How long the value stays over the threshold before it fires.';
comment on column app_alert_rules.updated_at is 'Set by the data layer on every update.';

create table alerts (
    id bigint generated always as identity constraint alerts_pkey primary key,
    user_id bigint not null constraint alerts_user_id_fkey references users (id) on delete cascade,
    app_id bigint constraint alerts_app_id_fkey references apps (id) on delete cascade,
    kind text not null
        constraint alerts_kind_check
        check (kind in ('cpu', 'memory', 'disk', 'bandwidth', 'offline', 'crashloop', 'deployment_failed')),
    severity text not null default 'warning'
        constraint alerts_severity_check check (severity in ('info', 'warning', 'critical')),
    status text not null default 'active'
        constraint alerts_status_check check (status in ('active', 'acknowledged', 'resolved')),
    title text not null
        constraint alerts_title_check check (char_length(title) between 1 and 255),
    message text not null default ''
        constraint alerts_message_check check (char_length(message) <= 4096),
    source_type text not null
        constraint alerts_source_type_check check (char_length(source_type) between 1 and 64),
    source_id text not null
        constraint alerts_source_id_check check (char_length(source_id) between 1 and 255),
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now(),
    resolved_at timestamptz
);

create unique index alerts_one_active_per_source on alerts (user_id, source_type, source_id) where status = 'active';
create index alerts_open_source_idx on alerts (user_id, source_type, source_id) where status <> 'resolved';
create index alerts_user_id_idx on alerts (user_id, id);
create index alerts_user_status_idx on alerts (user_id, status, id);
create index alerts_app_id_idx on alerts (app_id, id);

comment on table alerts is 'What users are warned of; one source has at most one active alert.';
comment on column alerts.app_id is 'The app it is about; null for one about the account.';
comment on column alerts.source_type is 'What raised it, such as a rule or a worker.';
comment on column alerts.source_id is 'Which one of those raised it.';
comment on column alerts.updated_at is 'Set by the data layer on every update.';
comment on column alerts.resolved_at is 'When its cause went away; null before.';

create table usage_samples (
    app_id bigint not null constraint usage_samples_app_id_fkey references apps (id) on delete cascade,
    bucket_start timestamptz not null,
    user_id bigint not null,
    cpu_avg double precision not null default 0
        constraint usage_samples_cpu_avg_check check (cpu_avg >= 0),
    cpu_max integer not null default 0
        constraint usage_samples_cpu_max_check check (cpu_max >= 0),
    memory_avg_mib double precision not null default 0
        constraint usage_samples_memory_avg_mib_check check (memory_avg_mib >= 0),
    memory_max_mib integer not null default 0
        constraint usage_samples_memory_max_mib_check check (memory_max_mib >= 0),
    network_rx_bytes bigint not null default 0
        constraint usage_samples_network_rx_bytes_check check (network_rx_bytes >= 0),
    network_tx_bytes bigint not null default 0
        constraint usage_samples_network_tx_bytes_check check (network_tx_bytes >= 0),
    disk_mib integer not null default 0
        constraint usage_samples_disk_mib_check check (disk_mib >= 0),
    samples integer not null default 1
        constraint usage_samples_samples_check check (samples >= 1),
    constraint usage_samples_pkey primary key (app_id, bucket_start)
);

create index usage_samples_user_idx on usage_samples (user_id, bucket_start);
create index usage_samples_bucket_start_idx on usage_samples (bucket_start);

comment on table usage_samples is 'What apps used, merged into buckets of time; kept for 90 days. Grows without end.';
comment on column usage_samples.bucket_start is 'Beginning of the bucket.';
comment on column usage_samples.user_id is 'Owner of the app; a plain column, it goes with the app.';
comment on column usage_samples.cpu_avg is 'In milli-CPU, weighted by samples.';
comment on column usage_samples.cpu_max is 'In milli-CPU.';
comment on column usage_samples.memory_avg_mib is 'In MiB, weighted by samples.';
comment on column usage_samples.network_rx_bytes is 'Received within the bucket.';
comment on column usage_samples.network_tx_bytes is 'Sent within the bucket.';
comment on column usage_samples.disk_mib is 'Most that was filled within the bucket, in MiB.';
comment on column usage_samples.samples is 'How many measurements were merged into the bucket.';

create table backup_codes (
    id bigint generated always as identity constraint backup_codes_pkey primary key,
    user_id bigint not null constraint backup_codes_user_id_fkey references users (id) on delete cascade,
    code_hash text not null
        constraint backup_codes_code_hash_check check (char_length(code_hash) between 1 and 255),
    used_at timestamptz,
    created_at timestamptz not null default wh_now()
);

create index backup_codes_user_id_idx on backup_codes (user_id, id);

comment on table backup_codes is 'Codes that stand in for the second factor, each once; replaced in bulk.';
comment on column backup_codes.code_hash is 'argon2id hash in PHC form; the code itself is never stored.';
comment on column backup_codes.used_at is 'When it was spent; null while it is good.';

create table pending_totps (
    token_hash text not null
        constraint pending_totps_pkey primary key
        constraint pending_totps_token_hash_check check (token_hash ~ '^[0-9a-f]{64}$'),
    user_id bigint not null constraint pending_totps_user_id_fkey references users (id) on delete cascade,
    provider text not null
        constraint pending_totps_provider_check check (char_length(provider) between 1 and 32),
    created_at timestamptz not null default wh_now(),
    expires_at timestamptz not null
);

create index pending_totps_user_id_idx on pending_totps (user_id);
create index pending_totps_expires_at_idx on pending_totps (expires_at);

comment on table pending_totps is 'Sign-ins that wait for the second factor; each is consumed once.';
comment on column pending_totps.token_hash is
    'Lower-case hexadecimal sha256 of the opaque cookie value, which is never stored.';
comment on column pending_totps.provider is 'How the user signed in, such as google.';
