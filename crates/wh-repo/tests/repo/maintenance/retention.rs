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
    INSERT INTO audit_events (user_id, kind, created_at) VALUES (1, 'login', '2001-01-01');
    INSERT INTO jobs (app_id, job_type, status, assigned_at, started_at)
        VALUES (1, 'stop', 'processing', '2028-03-01 00:00', '2028-03-01 00:15');
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
            (Step::WebhookDeliveries, 1),
            (Step::UsageSamples, 1)
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
    assert_eq!(world.raw("SELECT status FROM jobs").await, "processing");
    assert_eq!(world.raw("SELECT status FROM workers").await, "online");
}

#[tokio::test]
async fn a_stuck_job_and_a_silent_worker_are_seen_a_microsecond_later() {
    let (world, db) = world().await;
    world.postgres.execute(&format!("SET timezone TO 'UTC'; {EDGES}")).await;
    world
        .postgres
        .execute(
            "UPDATE jobs SET started_at = started_at - interval '1 us';
             UPDATE workers SET last_heartbeat_at = last_heartbeat_at - interval '1 us'",
        )
        .await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert_eq!(changed(&report).get(..2), Some(&[(Step::StuckJobs, 1), (Step::SilentWorkers, 1)][..]));
    assert_eq!(world.raw("SELECT status FROM jobs").await, "failed");
    assert_eq!(world.raw("SELECT status FROM workers").await, "offline");
    assert_eq!(world.raw("SELECT status FROM apps WHERE id = 2").await, "stopped");
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
            (Step::WebhookDeliveries, 2),
            (Step::UsageSamples, 2)
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
