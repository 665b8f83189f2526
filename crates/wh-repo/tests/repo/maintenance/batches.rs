//! Short transactions, and not too many of them in one run.

use wh_repo::{MaintenanceOptions, MaintenanceStep as Step};

use super::{changed, world};

/// Ten thousand of everything that is old, and some that is not.
const MUCH: &str = "
    INSERT INTO sessions (user_id, token_hash, last_seen_at, revoked_at)
        SELECT 1, encode(sha256(n::text::bytea), 'hex'),
            CASE WHEN n > 10000 THEN wh_now() WHEN n % 3 = 0 THEN wh_now() ELSE wh_now() - interval '40 days' END,
            CASE WHEN n <= 10000 AND n % 3 < 2 THEN wh_now() - interval '50 days' END FROM generate_series(1, 10100) AS n;
    INSERT INTO pending_totps (token_hash, user_id, provider, expires_at)
        SELECT encode(sha256(n::text::bytea), 'hex'), 1, 'google', wh_now() + (n - 10000) * interval '1 s'
        FROM generate_series(1, 10100) AS n;
    INSERT INTO webhook_deliveries (webhook_id, delivery_id, event, payload, success, created_at)
        SELECT 1, gen_random_uuid(), 'e', '{}', true,
            CASE WHEN n > 10000 THEN wh_now() ELSE wh_now() - interval '40 days' END FROM generate_series(1, 10100) AS n;
    INSERT INTO usage_samples (app_id, user_id, bucket_start)
        SELECT 1, 1, CASE WHEN n > 10000 THEN wh_now() ELSE wh_now() - interval '90 days' END - n * interval '1 s'
        FROM generate_series(1, 10100) AS n;
    INSERT INTO runtime_logs (app_id, stream, line, logged_at)
        SELECT 1, 'stdout', 'hello', CASE WHEN n > 10000 THEN wh_now() + interval '100 days'
            ELSE wh_now() - interval '20 days' END - n * interval '1 s' FROM generate_series(1, 10100) AS n;";

/// Writes down how many rows each transaction deletes.
const WATCH: &str = "
    CREATE TABLE watched (place text, transaction xid8, gone bigint);
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO watched SELECT tg_table_name, pg_current_xact_id(), count(*) FROM gone;
        RETURN NULL;
    END $$;
    CREATE TRIGGER watch AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION watch();
    CREATE TRIGGER watch AFTER DELETE ON pending_totps REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION watch();
    CREATE TRIGGER watch AFTER DELETE ON webhook_deliveries REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION watch();
    CREATE TRIGGER watch AFTER DELETE ON usage_samples REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION watch();";

const ROWS: [Step; 5] =
    [Step::PendingTotps, Step::Sessions, Step::WebhookDeliveries, Step::UsageSamples, Step::LateLogLines];

#[tokio::test]
async fn ten_thousand_rows_go_a_thousand_at_a_time() {
    let (world, db) = world().await;
    let now = format!("SET wh.now = '{}';", super::NOW);
    world.postgres.execute(&format!("{now} {MUCH} {WATCH}")).await;
    let options = MaintenanceOptions { batch_rows: 1000, ..MaintenanceOptions::default() };

    let report = db.maintenance().run(&options).await.unwrap();

    assert!(report.is_complete(), "{report:#}");
    for step in ROWS {
        let step = report.step(step).unwrap();
        assert_eq!((step.changed, step.batches), (10_000, 11), "{step}");
    }
    for table in ["sessions", "pending_totps", "webhook_deliveries", "usage_samples"] {
        let seen = world
            .raw(&format!(
                "SELECT concat_ws(' ', count(DISTINCT transaction), max(gone), sum(gone)) FROM watched \
                 WHERE place = '{table}' AND gone > 0"
            ))
            .await;
        assert_eq!(seen, "10 1000 10000", "transactions, most rows of one, all rows of {table}");
        assert_eq!(world.raw(&format!("SELECT count(*) FROM {table}")).await, "100", "left of {table}");
    }
    assert_eq!(world.raw("SELECT count(*) FROM runtime_logs").await, "100");
}

#[tokio::test]
async fn a_run_does_its_number_of_batches_and_the_next_one_goes_on() {
    let (world, db) = world().await;
    let now = format!("SET wh.now = '{}';", super::NOW);
    world.postgres.execute(&format!("{now} {MUCH}")).await;
    let options = MaintenanceOptions { batch_rows: 2000, batches: 3, ..MaintenanceOptions::default() };

    let first = db.maintenance().run(&options).await.unwrap();

    assert!(!first.is_complete() && first.failures().next().is_none(), "{first:#}");
    for step in ROWS {
        let step = first.step(step).unwrap();
        assert_eq!((step.changed, step.batches, step.more), (6000, 3, true), "{step}");
    }
    let second = db.maintenance().run(&options).await.unwrap();
    assert!(second.is_complete(), "{second:#}");
    assert_eq!(changed(&second), ROWS.map(|step| (step, 4000)));
}
