//! The days of runtime logs, and whoever writes and reads meanwhile.

use tokio_postgres::Client;
use wh_repo::{MaintenanceOptions, MaintenanceStep as Step, NewLogLine};
use wh_types::{AppId, LogStream};

use super::world;
use crate::support::World;

/// Where each line lies.
async fn places(world: &World) -> String {
    world
        .raw(
            "SELECT string_agg(replace(tableoid::regclass::text, 'runtime_logs_', '') || ' ' || line, ', ' \
             ORDER BY logged_at) FROM runtime_logs",
        )
        .await
}

async fn log(client: &Client, lines: &[&str]) {
    for line in lines {
        client
            .execute(
                "INSERT INTO runtime_logs (app_id, stream, line, logged_at) VALUES (1, 'stdout', $1, $1::text::timestamptz)",
                &[line],
            )
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_line_of_tomorrow_finds_its_partition() {
    let (world, db) = world().await;
    let client = world.postgres.client().await;
    // Lines that came before their partitions move into them.
    log(&client, &["2028-03-01 00:00Z", "2028-03-08 23:59:59.999999Z", "2028-03-09 00:00Z"]).await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert_eq!(report.step(Step::ComingLogDays).map(|step| step.changed), Some(8), "{report:#}");
    // Tomorrow.
    let name = world.postgres.name();
    world.postgres.execute(&format!("ALTER DATABASE {name} SET wh.now = '2028-03-02 12:00Z'")).await;
    let db = crate::support::open(world.postgres.url(), 4).await;
    let line = NewLogLine {
        app: AppId::new(1),
        worker: None,
        stream: LogStream::Stdout,
        line: "tomorrow".to_owned(),
        logged_at: "2028-03-02T12:00:00Z".parse().unwrap(),
    };
    assert_eq!(db.runtime_logs().save(&[line]).await.unwrap(), 1);
    assert_eq!(
        places(&world).await,
        "20280301 2028-03-01 00:00Z, 20280302 tomorrow, 20280308 2028-03-08 23:59:59.999999Z, \
         default 2028-03-09 00:00Z"
    );
}

#[tokio::test]
async fn days_go_when_all_of_them_is_old_and_late_lines_with_them() {
    let (world, db) = world().await;
    let client = world.postgres.client().await;
    client.execute("SELECT runtime_logs_create_partitions('2028-02-13', 5)", &[]).await.unwrap();
    // The 12th has no partition. Fourteen days before now it was half past midnight of the 16th.
    log(
        &client,
        &[
            "2028-02-12 12:00Z",
            "2028-02-13 00:00Z",
            "2028-02-15 23:59:59.999999Z",
            "2028-02-16 00:00Z",
            "2028-02-17 12:00Z",
            "2031-01-01 00:00Z",
        ],
    )
    .await;

    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();

    assert!(report.is_complete(), "{report:#}");
    let of = |step| report.step(step).map(|step| (step.changed, step.batches));
    assert_eq!(of(Step::OldLogDays), Some((3, 3)), "each day is a transaction of its own");
    assert_eq!(of(Step::LateLogLines), Some((1, 1)));
    assert_eq!(
        places(&world).await,
        "20280216 2028-02-16 00:00Z, 20280217 2028-02-17 12:00Z, default 2031-01-01 00:00Z"
    );
}

/// Somebody in the middle of a transaction that has read logs and written all that maintenance touches.
async fn slow_writer(world: &World) -> Client {
    let client = world.postgres.client().await;
    client
        .batch_execute(
            "BEGIN; UPDATE apps SET updated_at = now(); SELECT count(*) FROM runtime_logs;
             INSERT INTO sessions (user_id, token_hash) VALUES (1, repeat('b', 64));
             INSERT INTO pending_totps (token_hash, user_id, provider, expires_at) VALUES (repeat('b', 64), 1, 'google', now());
             INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success)
                 VALUES (1, gen_random_uuid(), 'e', '{}', true);
             INSERT INTO usage_samples (app_id, user_id, bucket_start) VALUES (1, 1, '2028-02-29');
             INSERT INTO runtime_logs (app_id, stream, line) VALUES (1, 'stdout', 'slow')",
        )
        .await
        .unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_long_behind_a_lock_that_maintenance_cannot_get() {
    let (world, db) = world().await;
    let client = world.postgres.client().await;
    client.execute("SELECT runtime_logs_create_partitions('2028-02-13', 1)", &[]).await.unwrap();
    world
        .postgres
        .execute(
            "INSERT INTO sessions (user_id, token_hash, last_seen_at) SELECT 1, lpad(n::text, 64, '0'), '2020-01-01'
             FROM generate_series(1, 5000) AS n",
        )
        .await;
    let slow = slow_writer(&world).await;

    let run = tokio::spawn(async move {
        let report = db.maintenance().run(&MaintenanceOptions::default()).await;
        (db, report)
    });
    // Whoever reads and writes meanwhile gives up after two seconds, which is far beyond the 300 ms of the run.
    client.batch_execute("SET lock_timeout = '2s'").await.unwrap();
    let mut turns = 0;
    while !run.is_finished() {
        turns += 1;
        let others = format!(
            "UPDATE workers SET updated_at = now();
             INSERT INTO apps (uuid, user_id, name, subdomain, git_provider, repo_url)
                 VALUES (gen_random_uuid(), 1, 'shop-{turns:06}', 'shop-{turns}', 'github', 'https://github.com/a/b');
             INSERT INTO sessions (user_id, token_hash) VALUES (1, lpad('{turns}', 64, 'c'));
             INSERT INTO usage_samples (app_id, user_id, bucket_start) VALUES (1, 1, timestamptz '2028-02-01' + {turns} * interval '1 s');
             INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success)
                 VALUES (1, gen_random_uuid(), 'e', '{{}}', true);
             INSERT INTO runtime_logs (app_id, stream, line, logged_at) VALUES (1, 'stdout', 'fast', '2028-02-29'),
                 (1, 'stdout', 'fast', '2028-03-02');
             SELECT line FROM runtime_logs WHERE app_id = 1 ORDER BY logged_at DESC LIMIT 5"
        );
        client.batch_execute(&others).await.unwrap();
    }
    let (db, report) = run.await.unwrap();
    let report = report.unwrap();

    assert!(turns > 1);
    let failed: Vec<_> = report.failures().map(|(step, _)| step).collect();
    assert_eq!(failed, [Step::ComingLogDays, Step::OldLogDays], "{report:#}");
    assert!(report.to_string().contains("lock timeout"), "{report}");
    assert_eq!(
        report.step(Step::Sessions).map(|step| step.changed),
        Some(5000),
        "rows do not wait for tables"
    );

    slow.batch_execute("COMMIT").await.unwrap();
    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
    assert!(report.is_complete(), "{report:#}");
    assert_eq!(report.step(Step::OldLogDays).map(|step| step.changed), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_free_a_moment_later_is_waited_for_again() {
    let (world, db) = world().await;
    let slow = slow_writer(&world).await;
    let run = tokio::spawn(async move { db.maintenance().run(&MaintenanceOptions::default()).await });
    crate::support::eventually("maintenance waits for the writer", async || {
        world.raw("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'").await
            != "0"
    })
    .await;
    slow.batch_execute("COMMIT").await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert!(report.is_complete(), "{report:#}");
}
