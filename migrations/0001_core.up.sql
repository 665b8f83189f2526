-- Users, the workers that run their apps, and the queue between them.

create function wh_now() returns timestamptz
    language sql stable
    as $$ select coalesce(nullif(current_setting('wh.now', true), '')::timestamptz, now()) $$;

comment on function wh_now() is
    'The time of the data layer: now(), or what a test has put into the setting wh.now.';

create table users (
    id bigint generated always as identity constraint users_pkey primary key,
    email text not null
        constraint users_email_key unique
        constraint users_email_check check (char_length(email) between 1 and 255),
    google_id text not null
        constraint users_google_id_key unique
        constraint users_google_id_check check (char_length(google_id) between 1 and 64),
    name text not null default ''
        constraint users_name_check check (char_length(name) <= 255),
    avatar_url text not null default ''
        constraint users_avatar_url_check check (char_length(avatar_url) <= 2048),
    plan text not null default 'free'
        constraint users_plan_check check (char_length(plan) between 1 and 32),
    theme_pref text not null default 'system'
        constraint users_theme_pref_check check (theme_pref in ('system', 'light', 'dark')),
    is_active boolean not null default true,
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now()
);

comment on table users is 'People who sign in. Deleting one deletes everything that belongs to them.';
comment on column users.google_id is 'Subject of the Google account: the only identity that signs in.';
comment on column users.plan is 'Id of a plan of the registry; one that the registry does not know counts as free.';
comment on column users.theme_pref is 'How the dashboard is coloured.';
comment on column users.is_active is 'False for an account that may not sign in.';
comment on column users.updated_at is 'Set by the data layer on every update.';

create table workers (
    id bigint generated always as identity constraint workers_pkey primary key,
    name text not null
        constraint workers_name_key unique
        constraint workers_name_check check (char_length(name) between 1 and 255),
    ip_address text not null default ''
        constraint workers_ip_address_check check (char_length(ip_address) <= 45),
    api_key_hash text not null
        constraint workers_api_key_hash_key unique
        constraint workers_api_key_hash_check check (api_key_hash ~ '^[0-9a-f]{64}$'),
    zone text not null default ''
        constraint workers_zone_check check (char_length(zone) <= 253),
    region_name text not null default ''
        constraint workers_region_name_check check (char_length(region_name) <= 64),
    status text not null default 'offline'
        constraint workers_status_check check (status in ('online', 'offline')),
    capacity_cpu integer not null default 0
        constraint workers_capacity_cpu_check check (capacity_cpu >= 0),
    capacity_memory_mib integer not null default 0
        constraint workers_capacity_memory_mib_check check (capacity_memory_mib >= 0),
    used_cpu integer not null default 0
        constraint workers_used_cpu_check check (used_cpu >= 0),
    used_memory_mib integer not null default 0
        constraint workers_used_memory_mib_check check (used_memory_mib >= 0),
    running_containers integer not null default 0
        constraint workers_running_containers_check check (running_containers >= 0),
    last_heartbeat_at timestamptz,
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now()
);

create index workers_status_idx on workers (status, id);

comment on table workers is 'Machines that build and run apps.';
comment on column workers.name is 'What a worker registers under; registering again updates its row.';
comment on column workers.ip_address is 'Where the worker called from, IPv4 or IPv6.';
comment on column workers.api_key_hash is
    'Lower-case hexadecimal sha256 of the API key, which is itself never stored; its 32 bytes sign the connection.';
comment on column workers.zone is 'DNS suffix that the worker serves: an app is reached at subdomain.zone.';
comment on column workers.status is 'Whether the worker holds its connection to the control plane.';
comment on column workers.capacity_cpu is 'CPU that the worker offers, in milli-CPU.';
comment on column workers.capacity_memory_mib is 'Memory that the worker offers, in MiB.';
comment on column workers.used_cpu is 'CPU in use at the last heartbeat, in milli-CPU.';
comment on column workers.used_memory_mib is 'Memory in use at the last heartbeat, in MiB.';
comment on column workers.running_containers is 'Containers that were up at the last heartbeat.';
comment on column workers.last_heartbeat_at is 'When the worker was last heard of; null before the first heartbeat.';
comment on column workers.updated_at is 'Set by the data layer on every update.';

create table apps (
    id bigint generated always as identity constraint apps_pkey primary key,
    uuid uuid not null constraint apps_uuid_key unique,
    user_id bigint not null constraint apps_user_id_fkey references users (id) on delete cascade,
    worker_id bigint constraint apps_worker_id_fkey references workers (id) on delete set null,
    name text not null
        constraint apps_name_check
        check (char_length(name) between 7 and 32 and name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    subdomain text not null
        constraint apps_subdomain_check
        check (char_length(subdomain) between 1 and 63 and subdomain ~ '^[a-z0-9]+(-+[a-z0-9]+)*$'),
    status text not null default 'pending'
        constraint apps_status_check
        check (status in ('pending', 'deploying', 'running', 'stopped', 'failed', 'violated', 'deleted')),
    git_provider text not null
        constraint apps_git_provider_check check (git_provider in ('github', 'gitlab', 'bitbucket', 'codeberg')),
    repo_url text not null
        constraint apps_repo_url_check check (char_length(repo_url) between 1 and 2048),
    branch text not null default 'main'
        constraint apps_branch_check check (char_length(branch) between 1 and 255),
    root_dir text not null default ''
        constraint apps_root_dir_check check (char_length(root_dir) <= 1024),
    build_command text not null default ''
        constraint apps_build_command_check check (char_length(build_command) <= 8192),
    start_command text not null default ''
        constraint apps_start_command_check check (char_length(start_command) <= 8192),
    commit_sha text not null default ''
        constraint apps_commit_sha_check check (char_length(commit_sha) <= 64),
    port integer not null default 0
        constraint apps_port_check check (port between 0 and 65535),
    container_id text not null default ''
        constraint apps_container_id_check check (char_length(container_id) <= 128),
    cpu_limit integer not null default 0
        constraint apps_cpu_limit_check check (cpu_limit >= 0),
    memory_limit_mib integer not null default 0
        constraint apps_memory_limit_mib_check check (memory_limit_mib >= 0),
    disk_limit_mib integer not null default 0
        constraint apps_disk_limit_mib_check check (disk_limit_mib >= 0),
    bandwidth_limit integer not null default 0
        constraint apps_bandwidth_limit_check check (bandwidth_limit >= 0),
    pids_limit integer not null default 0
        constraint apps_pids_limit_check check (pids_limit >= 0),
    auto_deploy boolean not null default false,
    webhook_id text
        constraint apps_webhook_id_check check (char_length(webhook_id) between 1 and 128),
    violation_reason text not null default ''
        constraint apps_violation_reason_check check (char_length(violation_reason) <= 4096),
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now(),
    deleted_at timestamptz
        constraint apps_deleted_at_check check ((deleted_at is not null) = (status = 'deleted'))
);

create unique index apps_subdomain_living_key on apps (subdomain) where deleted_at is null;
create unique index apps_user_name_living_key on apps (user_id, name) where deleted_at is null;
create index apps_user_id_idx on apps (user_id, id);
create index apps_user_living_idx on apps (user_id, id) where deleted_at is null;
create index apps_worker_id_idx on apps (worker_id, id);
create index apps_running_idx on apps (worker_id, id) where status = 'running';

comment on table apps is 'What users deploy. A deleted app keeps its row, and frees its name and subdomain.';
comment on column apps.uuid is 'Drawn by whoever creates the app: creating it twice gives the same app.';
comment on column apps.worker_id is 'Where the app runs; null until a worker has taken its first job.';
comment on column apps.name is 'What the user calls it: a DNS label of 7 to 32 characters, unique among their living apps.';
comment on column apps.subdomain is 'DNS label under the zone of its worker, unique among all living apps.';
comment on column apps.root_dir is 'Folder of the repository to build in; empty for its top.';
comment on column apps.commit_sha is 'Commit that was deployed last; empty before the first deployment.';
comment on column apps.port is 'Port of the worker that leads to the container; 0 while there is none.';
comment on column apps.container_id is 'Container on the worker; empty while there is none.';
comment on column apps.cpu_limit is 'CPU that the container may use, in milli-CPU; 0 is unlimited.';
comment on column apps.memory_limit_mib is 'Memory that the container may use, in MiB; 0 is unlimited.';
comment on column apps.disk_limit_mib is 'Disk that the container may fill, in MiB; 0 is unlimited.';
comment on column apps.bandwidth_limit is 'Bandwidth of the container, in kbit/s; 0 is unlimited.';
comment on column apps.pids_limit is 'Processes that the container may start; 0 is unlimited.';
comment on column apps.auto_deploy is 'Whether a push to the branch deploys.';
comment on column apps.webhook_id is 'Id of the hook at the Git provider, as the provider writes it; null without one.';
comment on column apps.violation_reason is 'Why the platform stopped the app; empty unless it did.';
comment on column apps.updated_at is 'Set by the data layer on every update.';
comment on column apps.deleted_at is 'Set exactly while the status is deleted.';

create table deployments (
    id bigint generated always as identity constraint deployments_pkey primary key,
    app_id bigint not null constraint deployments_app_id_fkey references apps (id) on delete cascade,
    worker_id bigint constraint deployments_worker_id_fkey references workers (id) on delete set null,
    status text not null default 'pending'
        constraint deployments_status_check
        check (status in ('pending', 'building', 'deploying', 'succeeded', 'failed', 'cancelled')),
    branch text not null default ''
        constraint deployments_branch_check check (char_length(branch) <= 255),
    commit_sha text not null default ''
        constraint deployments_commit_sha_check check (char_length(commit_sha) <= 64),
    commit_message text not null default ''
        constraint deployments_commit_message_check check (char_length(commit_message) <= 65536),
    commit_author text not null default ''
        constraint deployments_commit_author_check check (char_length(commit_author) <= 512),
    build_logs text not null default '',
    error_message text not null default '',
    container_id text not null default ''
        constraint deployments_container_id_check check (char_length(container_id) <= 128),
    port integer not null default 0
        constraint deployments_port_check check (port between 0 and 65535),
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default wh_now()
);

create index deployments_app_id_idx on deployments (app_id, id);
create index deployments_worker_id_idx on deployments (worker_id);

comment on table deployments is 'One row per attempt to bring a commit of an app up.';
comment on column deployments.worker_id is 'Who builds it, and the only one that may hand in its build logs.';
comment on column deployments.commit_author is 'Author of the commit as Git has it.';
comment on column deployments.build_logs is 'Output of the build, without NUL bytes.';
comment on column deployments.error_message is 'Why it failed; empty unless it did.';
comment on column deployments.container_id is 'Container that came out of it; empty while there is none.';
comment on column deployments.port is 'Port of the worker that leads to the container; 0 while there is none.';
comment on column deployments.started_at is 'When a worker began; null before.';
comment on column deployments.finished_at is 'When it succeeded, failed or was cancelled; null before.';

create table jobs (
    id bigint generated always as identity constraint jobs_pkey primary key,
    app_id bigint not null constraint jobs_app_id_fkey references apps (id) on delete cascade,
    deployment_id bigint constraint jobs_deployment_id_fkey references deployments (id) on delete set null,
    worker_id bigint constraint jobs_worker_id_fkey references workers (id) on delete set null,
    job_type text not null
        constraint jobs_job_type_check check (job_type in ('deploy', 'restart', 'start', 'stop', 'delete')),
    status text not null default 'pending'
        constraint jobs_status_check
        check (status in ('pending', 'assigned', 'processing', 'completed', 'failed', 'cancelled')),
    payload text not null default '',
    message text not null default '',
    progress integer not null default 0
        constraint jobs_progress_check check (progress between 0 and 100),
    result jsonb,
    created_at timestamptz not null default wh_now(),
    assigned_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz not null default wh_now(),
    max_retries integer not null default 3
        constraint jobs_max_retries_check check (max_retries >= 0),
    retry_count integer not null default 0
        constraint jobs_retry_count_check check (retry_count >= 0)
);

create unique index jobs_one_active_per_app on jobs (app_id) where status in ('pending', 'assigned', 'processing');
create index jobs_pending_idx on jobs (id) where status = 'pending';
create index jobs_assigned_idx on jobs (worker_id, id) where status = 'assigned';
create index jobs_stuck_idx on jobs (coalesce(started_at, assigned_at)) where status in ('assigned', 'processing');
create index jobs_app_id_idx on jobs (app_id, id);
create index jobs_deployment_id_idx on jobs (deployment_id);
create index jobs_worker_id_idx on jobs (worker_id, id);

comment on table jobs is
    'The queue between the control plane and the workers; an app has at most one job that is not over.';
comment on column jobs.deployment_id is 'The deployment that the job carries out; null for start, stop and delete.';
comment on column jobs.worker_id is 'Whose job it is; null while pending, unless pinned.';
comment on column jobs.job_type is 'What it asks of the worker.';
comment on column jobs.payload is
    'What the worker needs to know, JSON, encrypted at rest (it carries the environment and tokens).';
comment on column jobs.message is 'What the worker said last.';
comment on column jobs.progress is 'Percent, as the worker reported it.';
comment on column jobs.result is 'What the worker reported at the end; null before.';
comment on column jobs.assigned_at is 'When it was given to its worker; null while pending.';
comment on column jobs.started_at is 'When the worker began; set once.';
comment on column jobs.completed_at is 'When it was completed, failed or was cancelled; null while active.';
comment on column jobs.updated_at is 'Set by the data layer on every update.';
comment on column jobs.max_retries is 'How often it may be tried again.';
comment on column jobs.retry_count is 'How often it was tried again.';

create table app_env_vars (
    app_id bigint not null constraint app_env_vars_app_id_fkey references apps (id) on delete cascade,
    key text not null
        constraint app_env_vars_key_check check (key ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    value text not null default '',
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now(),
    constraint app_env_vars_pkey primary key (app_id, key)
);

comment on table app_env_vars is 'Environment of an app.';
comment on column app_env_vars.value is 'Encrypted at rest.';
comment on column app_env_vars.updated_at is 'Set by the data layer on every update.';

create table git_provider_tokens (
    id bigint generated always as identity constraint git_provider_tokens_pkey primary key,
    user_id bigint not null constraint git_provider_tokens_user_id_fkey references users (id) on delete cascade,
    provider text not null
        constraint git_provider_tokens_provider_check
        check (provider in ('github', 'gitlab', 'bitbucket', 'codeberg')),
    username text not null default ''
        constraint git_provider_tokens_username_check check (char_length(username) <= 255),
    access_token text not null default '',
    created_at timestamptz not null default wh_now(),
    updated_at timestamptz not null default wh_now(),
    constraint git_provider_tokens_user_provider_key unique (user_id, provider)
);

comment on table git_provider_tokens is 'Git accounts that a user has linked, one per provider.';
comment on column git_provider_tokens.username is 'Name of the account at the provider.';
comment on column git_provider_tokens.access_token is 'OAuth access token, encrypted at rest.';
comment on column git_provider_tokens.updated_at is 'Set by the data layer on every update.';
