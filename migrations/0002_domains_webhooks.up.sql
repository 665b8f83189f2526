-- Custom domains of apps, and the hooks that tell users' systems what happened.

create table domains (
    id bigint generated always as identity constraint domains_pkey primary key,
    user_id bigint not null constraint domains_user_id_fkey references users (id) on delete cascade,
    app_id bigint not null constraint domains_app_id_fkey references apps (id) on delete cascade,
    hostname text not null
        constraint domains_hostname_key unique
        constraint domains_hostname_check
        check (char_length(hostname) between 1 and 253 and hostname = lower(hostname)),
    verification_token text not null
        constraint domains_verification_token_check check (char_length(verification_token) between 1 and 255),
    verified boolean not null default false,
    verified_at timestamptz,
    last_checked_at timestamptz,
    last_check_error text not null default ''
        constraint domains_last_check_error_check check (char_length(last_check_error) <= 4096),
    created_at timestamptz not null default wh_now()
);

create index domains_user_id_idx on domains (user_id, id);
create index domains_app_id_idx on domains (app_id, id);
create index domains_verified_idx on domains (app_id, hostname) where verified;

comment on table domains is 'Host names of their own that users point at their apps.';
comment on column domains.hostname is 'Lower case, unique over the whole platform.';
comment on column domains.verification_token is 'What the owner puts into DNS to prove the domain theirs; not a secret.';
comment on column domains.verified is 'Whether the proxy routes it.';
comment on column domains.last_checked_at is 'When DNS was last asked; null before the first time.';
comment on column domains.last_check_error is 'Why the last check failed; empty when it did not.';

create table webhooks (
    id bigint generated always as identity constraint webhooks_pkey primary key,
    user_id bigint not null constraint webhooks_user_id_fkey references users (id) on delete cascade,
    name text not null
        constraint webhooks_name_check check (char_length(name) between 1 and 255),
    url text not null
        constraint webhooks_url_check check (char_length(url) between 1 and 2048),
    secret text not null default '',
    events text[] not null default '{}'
        constraint webhooks_events_check check (cardinality(events) <= 64 and array_position(events, null) is null),
    active boolean not null default true,
    success_count bigint not null default 0
        constraint webhooks_success_count_check check (success_count >= 0),
    failure_count bigint not null default 0
        constraint webhooks_failure_count_check check (failure_count >= 0),
    last_delivery_at timestamptz,
    last_status_code integer
        constraint webhooks_last_status_code_check check (last_status_code between 100 and 599),
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now()
);

create index webhooks_user_id_idx on webhooks (user_id, id);
create index webhooks_events_idx on webhooks using gin (events) where active;

comment on table webhooks is 'Where users want to be told of events.';
comment on column webhooks.secret is 'Signs what is delivered; encrypted at rest.';
comment on column webhooks.events is 'Names of the events it wants, none of them null.';
comment on column webhooks.active is 'Whether events are delivered at all.';
comment on column webhooks.success_count is 'Deliveries that were accepted, ever.';
comment on column webhooks.failure_count is 'Deliveries that were not, ever.';
comment on column webhooks.last_status_code is 'HTTP status of the last delivery; null where nobody answered.';
comment on column webhooks.updated_at is 'Set by the data layer on every update.';

create table webhook_deliveries (
    id bigint generated always as identity,
    webhook_id bigint not null
        constraint webhook_deliveries_webhook_id_fkey references webhooks (id) on delete cascade,
    delivery_id uuid not null,
    event text not null
        constraint webhook_deliveries_event_check check (char_length(event) between 1 and 64),
    payload jsonb not null,
    status_code integer
        constraint webhook_deliveries_status_code_check check (status_code between 100 and 599),
    success boolean not null,
    duration_ms integer not null default 0
        constraint webhook_deliveries_duration_ms_check check (duration_ms >= 0),
    error text not null default ''
        constraint webhook_deliveries_error_check check (char_length(error) <= 4096),
    attempt integer not null default 1
        constraint webhook_deliveries_attempt_check check (attempt >= 1),
    created_at timestamptz not null default wh_now(),
    constraint webhook_deliveries_pkey primary key (webhook_id, id),
    constraint webhook_deliveries_delivery_key unique (webhook_id, delivery_id)
);

create index webhook_deliveries_failed_idx on webhook_deliveries (webhook_id, created_at) where not success;

comment on table webhook_deliveries is 'What was sent to a webhook, and what came back. Grows without end.';
comment on column webhook_deliveries.id is 'Unique within its webhook, ascending in time.';
comment on column webhook_deliveries.delivery_id is 'Drawn by the sender: recording it twice records it once.';
comment on column webhook_deliveries.status_code is 'HTTP status of the answer; null where nobody answered.';
comment on column webhook_deliveries.duration_ms is 'From sending to the answer, in milliseconds.';
comment on column webhook_deliveries.error is 'Why it failed; empty when it did not.';
comment on column webhook_deliveries.attempt is 'Counts from 1.';
