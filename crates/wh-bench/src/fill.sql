-- Users of `bench.apps` apps each, and a waiting job for each app. Rows that refer to each other are right by construction.
SET LOCAL session_replication_role = replica;

INSERT INTO users (email, google_id, name)
SELECT 'user-' || n || '@example.org', 'google-' || n, 'User ' || n
FROM generate_series(1, current_setting('bench.users')::integer) n;

INSERT INTO workers (name, api_key_hash, status, last_heartbeat_at)
SELECT 'worker-' || n, encode(sha256(('whk_' || n)::bytea), 'hex'), 'online', wh_now()
FROM generate_series(1, 100) n;

INSERT INTO sessions (user_id, token_hash, ip, user_agent, last_seen_at)
SELECT n, encode(sha256(('session-' || n)::bytea), 'hex'), '192.0.2.1', 'Firefox', wh_now()
FROM generate_series(1, current_setting('bench.users')::integer) n;

INSERT INTO apps (uuid, user_id, name, subdomain, status, git_provider, repo_url, container_port)
SELECT md5(n::text)::uuid, 1 + (n - 1) / current_setting('bench.apps')::integer, 'shop-app-' || n, 'shop-app-' || n,
    'stopped', 'github', 'https://github.com/example/shop', 8080
FROM generate_series(1, current_setting('bench.users')::integer * current_setting('bench.apps')::integer) n;

INSERT INTO deployments (app_id, status, commit_sha)
SELECT id, 'pending', 'c0ffee' FROM apps ORDER BY id;

INSERT INTO jobs (app_id, deployment_id, job_type, status, app_was)
SELECT app_id, id, 'deploy', 'pending', 'stopped' FROM deployments ORDER BY id;

INSERT INTO usage_samples (app_id, bucket_start, user_id, cpu_avg)
SELECT id, '2026-01-01T00:00:00Z', user_id, 100 FROM apps;

INSERT INTO runtime_logs (app_id, stream, line, logged_at)
SELECT 1 + n % current_setting('bench.apps')::integer, 'stdout', 'GET /products/' || n || ' 200 in 12 ms',
    wh_now() - n * interval '1 second'
FROM generate_series(1, 1000 * current_setting('bench.apps')::integer) n;
