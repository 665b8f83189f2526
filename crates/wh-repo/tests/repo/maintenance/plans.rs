//! What maintenance reads, counted by the server: no table from end to end, whatever kind of plan is used.

use std::fmt::Write as _;

use wh_repo::MaintenanceOptions;

use super::world;
use crate::support::{World, eventually, open};

/// Tables that are large enough for an index to pay, with a little that is old in each.
const FILL: &str = "
    INSERT INTO apps (uuid, user_id, name, subdomain, git_provider, repo_url)
        SELECT gen_random_uuid(), 1, 'shop-' || lpad(n::text, 6, '0'), 'shop-' || n, 'github', 'https://github.com/a/b'
        FROM generate_series(1, 20000) AS n;
    INSERT INTO sessions (user_id, token_hash, last_seen_at, revoked_at)
        SELECT 1, encode(sha256(n::text::bytea), 'hex'),
            wh_now() - CASE WHEN n % 50 = 0 THEN interval '31 days' ELSE n * interval '1 s' END,
            CASE WHEN n % 5 = 0 THEN wh_now() - n * interval '1 s' END FROM generate_series(1, 50000) AS n;
    INSERT INTO pending_totps (token_hash, user_id, provider, expires_at)
        SELECT encode(sha256(n::text::bytea), 'hex'), 1, 'google', wh_now() + (n - 1000) * interval '1 s'
        FROM generate_series(1, 50000) AS n;
    INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success, created_at)
        SELECT 1, gen_random_uuid(), 'e', '{}', true,
            wh_now() - CASE WHEN n % 50 = 0 THEN interval '31 days' ELSE n * interval '1 s' END
        FROM generate_series(1, 50000) AS n;
    INSERT INTO usage_samples (app_id, user_id, bucket_start)
        SELECT n % 20000 + 1, 1, wh_now() - CASE WHEN n <= 1000 THEN interval '91 days' ELSE n / 20000 * interval '1 hour' END
        FROM generate_series(1, 60000) AS n;
    INSERT INTO deployments (app_id) SELECT n FROM generate_series(1, 20000) AS n;
    INSERT INTO jobs (app_id, job_type, status, started_at, completed_at)
        SELECT n % 20000 + 1, 'stop', 'completed', '2028-01-01', '2028-01-01' FROM generate_series(1, 50000) AS n;
    INSERT INTO jobs (app_id, deployment_id, job_type, status, assigned_at)
        SELECT n, n, 'deploy', 'assigned', '2028-02-01' FROM generate_series(1, 100) AS n;
    INSERT INTO runtime_logs (app_id, stream, line, logged_at)
        SELECT n % 500 + 1, 'stdout', 'hello', CASE WHEN n % 50 = 0 THEN '2028-02-01' ELSE '2028-06-01' END :: timestamptz
        FROM generate_series(1, 50000) AS n;
    ANALYZE; SELECT pg_stat_force_next_flush();";

const TABLES: [&str; 8] = [
    "apps",
    "deployments",
    "jobs",
    "pending_totps",
    "runtime_logs_default",
    "sessions",
    "usage_samples",
    "webhook_deliveries",
];

/// Reads from end to end, rows read by index, rows deleted.
async fn counters(world: &World, table: &str) -> (i64, i64, i64) {
    let counters = world
        .raw(&format!(
            "SELECT concat_ws(' ', seq_scan, idx_tup_fetch, n_tup_del) FROM pg_stat_user_tables WHERE relname = '{table}'"
        ))
        .await;
    let mut numbers = counters.split(' ').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap(), numbers.next().unwrap())
}

async fn reads_only_what_it_deletes(plans: &str) {
    let (world, db) = world().await;
    drop(db);
    let now = format!("SET wh.now = '{}';", super::NOW);
    world.postgres.execute(&format!("{now} {FILL}")).await;
    world
        .postgres
        .execute(&format!("ALTER DATABASE {} SET plan_cache_mode = {plans}", world.postgres.name()))
        .await;
    // Making a day reads the default partition, which is why days are made ahead.
    world
        .raw("SELECT runtime_logs_create_partitions('2028-03-01', 1); SELECT pg_stat_force_next_flush()")
        .await;
    let mut before = Vec::new();
    for table in TABLES {
        before.push(counters(&world, table).await);
    }

    let db = open(world.postgres.url(), 1).await;
    let options = MaintenanceOptions { batch_rows: 100, log_days_ahead: 0, ..MaintenanceOptions::default() };
    let report = db.maintenance().run(&options).await.unwrap();
    assert!(report.is_complete(), "{report:#}");
    // Backends hand in what they counted when they end.
    drop(db);
    eventually("the counters are in", async || counters(&world, "usage_samples").await.2 == 1000).await;

    let mut complaints = String::new();
    for (table, before) in TABLES.into_iter().zip(before) {
        let now = counters(&world, table).await;
        let (scans, read, deleted) = (now.0 - before.0, now.1 - before.1, now.2 - before.2);
        // Each row is found, locked and deleted.
        if scans > 0 || read > 4 * deleted + 1000 {
            writeln!(complaints, "{table}: {scans} full reads, {read} rows read, {deleted} deleted").unwrap();
        }
    }
    assert_eq!(complaints, "", "{report:#}");
}

#[tokio::test]
async fn no_step_reads_a_table_from_end_to_end() {
    Box::pin(reads_only_what_it_deletes("force_custom_plan")).await;
}

#[tokio::test]
async fn nor_with_one_plan_for_all_parameters() {
    Box::pin(reads_only_what_it_deletes("force_generic_plan")).await;
}
