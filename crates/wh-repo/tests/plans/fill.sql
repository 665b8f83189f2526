-- A platform that has been in use for years. Beside the many ordinary rows everything has a place where it piles up: user 1,
-- worker 1, app 7 and webhook 1 have thousands of rows, nearly all of them over and done with, and the newest ones at that.
-- There a list that has to filter what its index gives shows it.
--
-- Rows that refer to each other are right by construction, and checking each would take most of the time.
set local session_replication_role = replica;
set local synchronous_commit = off;
set local wh.now = '2028-02-29T12:00:00Z';

insert into users (email, google_id, totp_secret)
select 'user-' || n || '@example.org', 'google-' || n, 'secret' from generate_series(1, 10000) n;

insert into workers (name, api_key_hash, status, last_heartbeat_at)
select 'worker-' || n, encode(sha256(('whk_' || n)::bytea), 'hex'),
    case when n % 10 = 0 then 'offline' else 'online' end,
    wh_now() - case when n % 50 = 1 then interval '2 hours' else interval '10 seconds' end
from generate_series(1, 1000) n;

-- Few of the workers have apps, as on any platform. The last 5,000 apps are those of user 1 on worker 1.
insert into apps (uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url, port, container_id, container_port, deleted_at)
select md5(n::text)::uuid, app.user_id, app.worker_id, 'shop-app-' || n, 'shop-app-' || n, app.status, 'github', 'u',
    20000 + n % 45000, 'container-' || n, 8080, case when app.status = 'deleted' then wh_now() end
from generate_series(1, 50000) n
cross join lateral (
    select case when n > 45000 then 1 else 1 + n % 10000 end as user_id,
        case when n > 45000 then 1 else n % 20 + 1 end as worker_id,
        case when n > 45000 then case when n % 100 = 0 then 'stopped' else 'deleted' end
            when n % 10 = 9 then 'deleted' when n % 3 = 0 then 'running' else 'stopped' end as status
) app;

insert into deployments (app_id, worker_id, status, commit_sha, build_logs, finished_at)
select case when n > 100000 then 7 else n % 50000 + 1 end, n % 20 + 1, 'succeeded', 'c0ffee', 'built', wh_now()
from generate_series(1, 104000) n;

-- 190,000 that are over, 4,000 of them of app 7; then 10,000 that are not, each of another app.
insert into jobs (app_id, deployment_id, worker_id, job_type, status, created_at, assigned_at, started_at, completed_at)
select case when n > 186000 then 7 else n % 50000 + 1 end, n % 100000 + 1, n % 20 + 1, 'deploy', 'completed',
    wh_now() - n * interval '1 minute', wh_now(), wh_now(), wh_now()
from generate_series(1, 190000) n;
insert into jobs (app_id, deployment_id, worker_id, job_type, status, assigned_at, started_at)
select 10000 + n, 10000 + n, case when n > 4000 then n % 20 + 1 end, 'deploy',
    case when n <= 4000 then 'pending' when n <= 7000 then 'assigned' else 'processing' end,
    case when n > 4000 then wh_now() - n * interval '1 second' / 4 end,
    case when n > 7000 then wh_now() - n * interval '1 second' / 5 end
from generate_series(1, 10000) n;

insert into app_env_vars (app_id, key, value)
select n, 'KEY_' || k, 'value' from generate_series(1, 50000) n, generate_series(1, 3) k;

insert into git_provider_tokens (user_id, provider, access_token)
select n, provider, 'token' from generate_series(1, 10000) n, unnest(array['github', 'gitlab']) provider;

insert into domains (user_id, app_id, hostname, verification_token, verified)
select n % 10000 + 1, case when n > 50000 then 7 else n % 50000 + 1 end, 'host-' || n || '.dev', 'token',
    n <= 50000 and n % 2 = 0
from generate_series(1, 52000) n;

insert into webhooks (user_id, name, url, events)
select n % 10000 + 1, 'hook', 'https://example.org', array['app.event-' || n % 1000, 'app.stopped'] from generate_series(1, 20000) n;
insert into webhook_subscriptions (event, webhook_id)
select unnest(events), id from webhooks;
insert into webhook_deliveries (webhook_id, delivery_id, event, payload, success, created_at)
select case when n > 160000 then 1 else n % 20000 + 1 end, md5(n::text)::uuid, 'app.event', '{}', n % 10 <> 0,
    wh_now() - n * interval '1 minute'
from generate_series(1, 180000) n;

insert into sessions (user_id, token_hash, ip, user_agent, last_seen_at, revoked_at)
select case when n > 80000 then 1 else n % 10000 + 1 end, encode(sha256(('session-' || n)::bytea), 'hex'), '192.0.2.1', 'Firefox',
    wh_now() - case when n % 17 = 0 then interval '31 days' else interval '1 hour' end,
    case when n > 80000 or n % 3 = 0 then wh_now() - interval '10 days' end
from generate_series(1, 100000) n;

insert into audit_events (user_id, kind, ip)
select case when n > 180000 then 1 else n % 10000 + 1 end, 'login', '192.0.2.' || n % 250
from generate_series(1, 200000) n;

-- Whoever is at work on the newest apps has switched their rules off.
insert into app_alert_rules (app_id, user_id, kind, threshold, enabled)
select n, 1, 'cpu', 90, n <= 40000 and n % 10 = 0 from generate_series(1, 50000) n;

update jobs set updated_at = wh_now() - interval '1 day' where status = 'processing';

insert into alerts (user_id, app_id, kind, title, source_type, source_id, status, resolved_at)
select case when n > 180000 then 1 else n % 10000 + 1 end, case when n > 180000 then 7 else n % 50000 + 1 end,
    case when n % 2000 = 0 then 'disk' else 'cpu' end, 'title', 'rule', n::text, alert.status,
    case when alert.status = 'resolved' then wh_now() end
from generate_series(1, 200000) n
cross join lateral (
    select case when n <= 180000 and n % 10 = 0 then 'active' when n % 4000 = 1 then 'acknowledged' else 'resolved' end as status
) alert;

insert into usage_samples (app_id, bucket_start, user_id, cpu_avg)
select n % 2000 + 1, wh_now() - n / 2000 * interval '5 minutes', n % 2000 + 1, 100 from generate_series(0, 399999) n;

insert into backup_codes (user_id, code_hash)
select n % 10000 + 1, '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
from generate_series(1, 100000) n;

insert into second_factor_failures (user_id, failures, failed_since)
select n, 1, wh_now() - n * interval '1 second' from generate_series(1, 10000) n;

insert into pending_totps (token_hash, user_id, provider, expires_at)
select encode(sha256(('pending-' || n)::bytea), 'hex'), n % 10000 + 1, 'google', wh_now() + (n - 1000) * interval '1 second'
from generate_series(1, 20000) n;

-- Half of the lines are those of the first 20 apps. The last minutes are still in the default partition.
select runtime_logs_create_partitions('2028-01-31', 29);
insert into runtime_logs (app_id, stream, line, logged_at)
select case when n % 2 = 0 then n / 2 % 20 + 1 else n / 2 % 5000 + 1 end, 'stdout', 'GET / 200',
    wh_now() - n * interval '2.5 seconds'
from generate_series(1, 1000000) n;
