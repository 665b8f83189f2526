-- Comments say first what a thing is, and sessions end after a configured time. Takes no lock that readers or writers meet.

comment on table alerts is 'Warnings to users; a source has at most one open (not resolved) alert.';
comment on column alerts.source_id is 'Id of the rule, worker or other source that raised it.';
comment on column alerts.source_type is 'Kind of the source that raised it, such as rule or worker.';
comment on table app_alert_rules is 'Conditions under which a user is warned about an app, one rule per kind.';
comment on column app_alert_rules.sustain_minutes is 'Minutes that the value stays over the threshold before the rule fires.';
comment on table apps is 'Apps of users. A deleted app keeps its row; its name and subdomain are free.';
comment on column apps.name is
    'Name that the user gives: a DNS label of 7 to 32 characters, unique among the living apps of the user.';
comment on column apps.uuid is
    'Drawn by the caller that creates the app. Creating it again with the same UUID gives the same app.';
comment on column apps.worker_id is 'Worker that has the app''s container; null before the first deploy is assigned.';
comment on table audit_events is 'Log of actions on accounts; append-only. Grows without end.';
comment on column audit_events.detail is 'Further facts; their keys depend on the kind.';
comment on column audit_events.target_id is 'Id of the target; empty without one.';
comment on column audit_events.target_type is 'Kind of the target, such as app; empty without one.';
comment on column deployments.worker_id is 'Worker that builds it. Only this worker may hand in its build logs.';
comment on table domains is 'Host names that users bring and point at their apps.';
comment on column domains.verification_token is
    'Text that the owner publishes in DNS to prove control of the name; not a secret.';
comment on table encryption_keys is
    'Keys that stored values may need. A rotation deletes the row of a key that nothing needs any more.';
comment on column encryption_keys.retiring is
    'Id of the rotation that is checking whether anything needs this key. A service that writes with the key clears it.';
comment on table jobs is 'The queue between the control plane and the workers; an app has at most one active job.';
comment on column jobs.job_type is 'Task for the worker.';
comment on column jobs.message is 'Last message of the worker.';
comment on column jobs.payload is
    'Input of the job, JSON, encrypted at rest (it carries the environment and tokens). Empty once the job has ended.';
comment on column jobs.result is 'Final report of the worker; null before.';
comment on column jobs.worker_id is 'Worker that carries it out; null while pending, unless pinned.';
comment on table runtime_logs is 'Output of apps; retention drops whole days. Grows without end.';
comment on column runtime_logs.id is 'Unique within its app and instant; orders lines of one instant.';
comment on table runtime_logs_default is 'Lines of days without a partition of their own.';
comment on table sessions is
    'Signed-in browsers. A session is alive if it is not revoked, its user is active, and it was seen within the configured lifetime.';
comment on column sessions.geo is 'Place of the address, in words, such as Berlin, Germany.';
comment on column sessions.last_seen_at is 'Last request of the session; updated at most once a minute.';
comment on table usage_samples is 'Usage of apps, merged into buckets of time; kept for 90 days. Grows without end.';
comment on column usage_samples.disk_mib is 'Maximum disk use within the bucket, in MiB.';
comment on column usage_samples.samples is 'Number of measurements merged into the bucket.';
comment on column users.theme_pref is 'Colour theme of the dashboard.';
comment on table webhook_deliveries is 'Requests sent to webhooks, with the answers. Grows without end.';
comment on column webhook_deliveries.attempt is 'Number of the attempt, from 1 on.';
comment on column webhook_deliveries.delivery_id is 'Drawn by the sender. A delivery that is recorded twice is stored once.';
comment on table webhooks is 'Addresses that users want events delivered to.';
comment on column webhooks.failure_count is 'Deliveries that failed, over all time.';
comment on column webhooks.secret is 'Key that signs deliveries; encrypted at rest.';
comment on column webhooks.success_count is 'Deliveries that succeeded, over all time.';
comment on column workers.name is 'Name under which the worker registers. Registering again updates the row.';
comment on column workers.ip_address is 'Address that the worker connected from, IPv4 or IPv6.';
comment on column workers.last_heartbeat_at is 'Last heartbeat; null before the first.';
comment on column workers.status is 'online while the worker holds its connection to the control plane.';
