insert into users (email, google_id, name, totp_secret) values ('ada@example.org', 'g-1', 'Ada', 'v1:secret');
insert into workers (name, api_key_hash) values ('w-1', repeat('a', 64));
insert into apps (uuid, user_id, worker_id, name, subdomain, git_provider, repo_url, status)
    values ('6f1f3a4e-0a57-4c1c-9a3e-0d8a8a4c7f11', 1, 1, 'my-first-app', 'my-first-app', 'codeberg', 'https://codeberg.org/a/b', 'running');
insert into deployments (app_id, worker_id, commit_author, build_logs) values (1, 1, 'Ada', 'built');
insert into jobs (app_id, deployment_id, worker_id, job_type, payload, result)
    values (1, 1, 1, 'deploy', 'v1:payload', '{"port": 1}');
insert into app_env_vars (app_id, key, value) values (1, 'PORT', 'v1:value');
insert into git_provider_tokens (user_id, provider, access_token) values (1, 'github', 'v1:token');
insert into domains (user_id, app_id, hostname, verification_token) values (1, 1, 'example.org', 'proof');
insert into webhooks (user_id, name, url, secret, events)
    values (1, 'hook', 'https://example.org', 'v1:hook', '{app.deployed,app.failed}');
insert into webhook_deliveries (webhook_id, delivery_id, event, payload, success)
    values (1, '6f1f3a4e-0a57-4c1c-9a3e-0d8a8a4c7f12', 'app.deployed', '{"a": 1}', false);
insert into sessions (user_id, token_hash, ip) values (1, repeat('b', 64), '192.0.2.1');
insert into login_events (user_id, kind, ip, detail) values (1, 'login', '192.0.2.1', '{"how": "google"}'), (1, 'app_deploy', '', '{}');
insert into app_alert_rules (app_id, user_id, kind, threshold) values (1, 1, 'cpu', 90);
insert into alerts (user_id, app_id, kind, title, source_type, source_id) values (1, 1, 'cpu', 'Busy', 'rule', '1');
insert into usage_samples (app_id, bucket_start, user_id, cpu_avg) values (1, '2026-01-01 00:00+00', 1, 12.5);
insert into backup_codes (user_id, code_hash) values (1, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA');
insert into pending_totps (token_hash, user_id, provider, expires_at)
    values (repeat('c', 64), 1, 'google', '2026-01-01 00:00+00');
