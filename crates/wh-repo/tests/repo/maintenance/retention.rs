//! What is old goes, and what is exactly as old as it may be stays.

use std::time::Duration;

use wh_repo::{MaintenanceOptions, MaintenanceStep as Step};

use super::{changed, world};

/// Of everything one row at the edge and one a microsecond beyond it, each told by its text.
const EDGES: &str = "
    INSERT INTO sessions (user_id, token_hash, geo, last_seen_at, revoked_at) VALUES
        (1, repeat('0', 64), 'stays: revoked 30 days ago', '2028-02-28', '2028-01-31 00:30'),
        (1, repeat('1', 64), 'goes', '2028-02-28', timestamptz '2028-01-31 00:30' - interval '1 us'),
        (1, repeat('2', 64), 'stays: seen 30 days ago', '2028-01-31 00:30', NULL),
        (1, repeat('3', 64), 'goes', timestamptz '2028-01-31 00:30' - interval '1 us', NULL),
        (1, repeat('4', 64), 'stays: just revoked, just seen', '2028-02-28', '2028-02-29');
    INSERT INTO pending_totps (token_hash, user_id, provider, expires_at) VALUES
        (repeat('0', 64), 1, 'stays', timestamptz '2028-03-01 00:30' + interval '1 us'),
        (repeat('1', 64), 1, 'goes', '2028-03-01 00:30');
    INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success, created_at) VALUES
        (1, gen_random_uuid(), 'stays', '{}', false, '2028-01-31 00:30'),
        (1, gen_random_uuid(), 'goes', '{}', false, timestamptz '2028-01-31 00:30' - interval '1 us');
    INSERT INTO usage_samples (app_id, user_id, bucket_start) VALUES
        (1, 1, '2027-12-02 00:30'), (1, 1, timestamptz '2027-12-02 00:30' - interval '1 us');
    INSERT INTO domains (user_id, app_id, hostname, verification_token, verified, created_at) VALUES
        (1, 1, 'stays.acme.dev', 't', false, '2028-02-23 00:30'),
        (1, 1, 'goes.acme.dev', 't', false, timestamptz '2028-02-23 00:30' - interval '1 us'),
        (1, 1, 'verified.acme.dev', 't', true, '2001-01-01');
    INSERT INTO alerts (user_id, kind, title, source_type, source_id, status, created_at, resolved_at) VALUES
        (1, 'cpu', 'stays', 'rule', '1', 'resolved', '2001-01-01', '2027-12-02 00:30'),
        (1, 'cpu', 'goes', 'rule', '2', 'resolved', '2001-01-01', timestamptz '2027-12-02 00:30' - interval '1 us'),
        (1, 'cpu', 'open', 'rule', '3', 'active', '2001-01-01', NULL),
        (1, 'cpu', 'seen', 'rule', '4', 'acknowledged', '2001-01-01', NULL);
    INSERT INTO deployments (app_id, status, branch, build_logs, finished_at) VALUES
        (1, 'succeeded', 'stays', 'log', '2027-12-02 00:30'),
        (1, 'succeeded', 'goes', 'log', timestamptz '2027-12-02 00:30' - interval '1 us'),
        (1, 'building', 'runs', 'log', NULL);
    INSERT INTO jobs (app_id, job_type, status, message, completed_at) VALUES
        (1, 'stop', 'completed', 'stays', '2027-12-02 00:30'),
        (1, 'stop', 'failed', 'goes', timestamptz '2027-12-02 00:30' - interval '1 us'),
        (1, 'stop', 'cancelled', 'goes', '2001-01-01');
    INSERT INTO audit_events (user_id, kind, created_at) VALUES (1, 'login', '2001-01-01');
    INSERT INTO jobs (app_id, job_type, status, assigned_at, started_at, updated_at)
        VALUES (1, 'stop', 'processing', '2028-03-01 00:00', '2028-03-01 00:05', '2028-03-01 00:15');
    INSERT INTO apps (uuid, user_id, worker_id, name, subdomain, status, git_provider, repo_url)
        VALUES (gen_random_uuid(), 1, 1, 'second-shop', 'second-shop', 'running', 'github', 'https://github.com/a/b');
    UPDATE workers SET status = 'online', last_heartbeat_at = '2028-03-01 00:28';";

#[tokio::test]
async fn each_step_takes_what_is_beyond_its_time_and_leaves_what_is_at_it() {
    let (world, db) = world().await;
    world.postgres.execute(&format!("SET timezone TO 'UTC'; {EDGES}")).await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert!(report.is_complete(), "{report:#}");
    assert_eq!(
        changed(&report),
        [
            (Step::ComingLogDays, 8),
            (Step::PendingTotps, 1),
            (Step::Sessions, 2),
            (Step::DomainClaims, 1),
            (Step::WebhookDeliveries, 1),
            (Step::UsageSamples, 1),
            (Step::ResolvedAlerts, 1),
            (Step::BuildLogs, 1),
            (Step::FinishedJobs, 2)
        ]
    );
    assert_eq!(
        world.raw("SELECT string_agg(geo, '; ' ORDER BY id) FROM sessions").await,
        "stays: revoked 30 days ago; stays: seen 30 days ago; stays: just revoked, just seen"
    );
    assert_eq!(world.raw("SELECT string_agg(provider, ' ') FROM pending_totps").await, "stays");
    assert_eq!(world.raw("SELECT string_agg(event, ' ') FROM webhook_deliveries").await, "stays");
    assert_eq!(world.raw("SELECT string_agg(kind, ' ') FROM audit_events").await, "login");
    assert_eq!(world.raw("SELECT count(*) FROM usage_samples").await, "1");
    assert_eq!(
        world.raw("SELECT string_agg(hostname, ' ' ORDER BY id) FROM domains").await,
        "stays.acme.dev verified.acme.dev"
    );
    assert_eq!(world.raw("SELECT string_agg(title, ' ' ORDER BY id) FROM alerts").await, "stays open seen");
    let logs =
        world.raw("SELECT string_agg(branch, ' ' ORDER BY id) FROM deployments WHERE build_logs <> ''").await;
    assert_eq!(
        (logs.as_str(), world.raw("SELECT count(*) FROM deployments").await.as_str()),
        ("stays runs", "3")
    );
    assert_eq!(
        world.raw("SELECT string_agg(status, ' ' ORDER BY id) FROM jobs").await,
        "completed processing"
    );
    assert_eq!(world.raw("SELECT status FROM workers").await, "online");
}

#[tokio::test]
async fn a_stuck_job_and_a_silent_worker_are_seen_a_microsecond_later() {
    let (world, db) = world().await;
    world.postgres.execute(&format!("SET timezone TO 'UTC'; {EDGES}")).await;
    world
        .postgres
        .execute(
            "UPDATE jobs SET updated_at = updated_at - interval '1 us';
             UPDATE workers SET last_heartbeat_at = last_heartbeat_at - interval '1 us'",
        )
        .await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert_eq!(changed(&report).get(..2), Some(&[(Step::StuckJobs, 1), (Step::SilentWorkers, 1)][..]));
    assert_eq!(world.raw("SELECT status FROM jobs WHERE started_at IS NOT NULL").await, "failed");
    assert_eq!(world.raw("SELECT status FROM workers").await, "offline");
    assert_eq!(world.raw("SELECT status FROM apps WHERE id = 2").await, "running");
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    let (world, db) = world().await;
    world.postgres.execute(&format!("SET timezone TO 'UTC'; {EDGES}")).await;
    db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    let again = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert!(again.is_complete() && changed(&again).is_empty(), "{again:#}");
    assert!(again.to_string().ends_with("nothing was due"), "{again}");
}

#[tokio::test]
async fn times_are_the_callers_to_choose_however_short_or_long() {
    let (world, db) = world().await;
    world.postgres.execute(&format!("SET timezone TO 'UTC'; {EDGES}")).await;
    let for_ever = MaintenanceOptions {
        revoked_sessions: Duration::MAX,
        webhook_deliveries: Duration::MAX,
        usage_samples: Duration::MAX,
        runtime_logs: Duration::MAX,
        domain_claims: Duration::MAX,
        resolved_alerts: Duration::MAX,
        build_logs: Duration::MAX,
        finished_jobs: Duration::MAX,
        silence: Duration::MAX,
        log_days_ahead: 0,
        ..MaintenanceOptions::default()
    };
    let report = db.maintenance().run(&for_ever).await.unwrap();
    // A session that nobody has seen for 30 days is dead whatever is kept, and so is an expired sign-in.
    assert_eq!(
        changed(&report),
        [(Step::ComingLogDays, 1), (Step::PendingTotps, 1), (Step::Sessions, 1)],
        "{report:#}"
    );

    let nothing = MaintenanceOptions {
        revoked_sessions: Duration::ZERO,
        webhook_deliveries: Duration::ZERO,
        usage_samples: Duration::ZERO,
        domain_claims: Duration::ZERO,
        resolved_alerts: Duration::ZERO,
        build_logs: Duration::ZERO,
        finished_jobs: Duration::ZERO,
        silence: Duration::ZERO,
        batch_rows: 0,
        batches: u32::MAX,
        lock_wait: Duration::ZERO,
        log_days_ahead: u32::MAX,
        ..MaintenanceOptions::default()
    };
    let report = db.maintenance().run(&nothing).await.unwrap();
    assert!(report.is_complete(), "{report:#}");
    assert_eq!(
        changed(&report),
        [
            (Step::SilentWorkers, 1),
            (Step::ComingLogDays, 90),
            (Step::Sessions, 3),
            (Step::DomainClaims, 2),
            (Step::WebhookDeliveries, 2),
            (Step::UsageSamples, 2),
            (Step::ResolvedAlerts, 2),
            (Step::BuildLogs, 2),
            (Step::FinishedJobs, 3)
        ]
    );
    assert_eq!(world.raw("SELECT geo FROM sessions").await, "stays: seen 30 days ago");
}

#[tokio::test]
async fn a_step_that_fails_is_named_and_the_others_do_their_work() {
    let (world, db) = world().await;
    world
        .postgres
        .execute(&format!("SET timezone TO 'UTC'; {EDGES} ALTER TABLE sessions RENAME TO elsewhere"))
        .await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    let failed: Vec<_> = report.failures().map(|(step, _)| step).collect();
    assert_eq!(failed, [Step::Sessions]);
    assert!(!report.is_complete() && report.to_string().contains("FAILED"), "{report}");
    assert_eq!(report.step(Step::UsageSamples).map(|step| step.changed), Some(1));
    assert_eq!(world.raw("SELECT count(*) FROM elsewhere").await, "5");
}
