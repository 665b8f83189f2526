//! Many lines without a partition: they become one, and nobody notices.

use std::sync::atomic::{AtomicU64, Ordering};

use wh_repo::{MaintenanceOptions, MaintenanceStep as Step, NewLogLine};
use wh_types::{AppId, LogStream};

use super::{changed, world};
use crate::support::World;

/// So many lines of today, and a few of other days: two that are too old to be kept, one of a day that has no partition either,
/// one of a clock that is years ahead.
fn lines(today: u32) -> String {
    format!(
        "SELECT runtime_logs_create_partitions('2028-02-13', 5);
         INSERT INTO runtime_logs (app_id, stream, line, logged_at)
             SELECT 1, 'stdout', 'line ' || n, timestamptz '2028-03-01 00:00Z' + n * interval '5 ms'
             FROM generate_series(1, {today}) AS n;
         INSERT INTO runtime_logs (app_id, stream, line, logged_at) VALUES
             (1, 'stdout', 'old', '2020-01-01Z'), (1, 'stdout', 'old', '2028-02-13 12:00Z'),
             (1, 'stdout', 'gap', '2028-02-20 12:00Z'), (1, 'stdout', 'ahead', '2031-01-01Z')"
    )
}

/// Lines that are to be kept.
const KEPT: &str = "SELECT count(*) FROM runtime_logs WHERE logged_at >= '2028-02-16Z'";

/// What holds lines: the partitions with their number of lines, those with none left out.
async fn places(world: &World) -> String {
    world
        .raw(
            "SELECT string_agg(place || ' ' || lines, ', ' ORDER BY place) FROM (
                 SELECT replace(tableoid::regclass::text, 'runtime_logs_', '') AS place, count(*) AS lines
                 FROM runtime_logs GROUP BY tableoid) AS counted",
        )
        .await
}

/// Nothing of the work is left: no rules, no tables beside the partitions.
async fn leftovers(world: &World) -> String {
    world
        .raw(
            "SELECT concat_ws(' ', (SELECT count(*) FROM pg_constraint WHERE conname LIKE 'runtime_logs_spill%'),
                 (SELECT count(*) FROM pg_class WHERE relname LIKE 'runtime_logs_spill%' OR relname LIKE 'runtime_logs_arriv%'),
                 (SELECT relkind FROM pg_class WHERE relname = 'runtime_logs_default'),
                 (SELECT count(*) FROM pg_class WHERE relname LIKE 'runtime_logs%' AND reloptions IS NOT NULL))",
        )
        .await
}

fn line(n: u64) -> NewLogLine {
    NewLogLine {
        app: AppId::new(1),
        worker: None,
        stream: LogStream::Stdout,
        line: format!("new {n}"),
        logged_at: "2028-03-01T00:30:00Z".parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_lines_become_a_partition_while_others_write_and_read() {
    let (world, db) = world().await;
    world.postgres.execute(&lines(200_000)).await;
    let reader = world.postgres.client().await;
    let writer = db.clone();
    let run = tokio::spawn(async move {
        let report = db.maintenance().run(&MaintenanceOptions::default()).await;
        (db, report)
    });
    let acknowledged = AtomicU64::new(0);
    let write = async {
        while !run.is_finished() {
            let n = acknowledged.load(Ordering::SeqCst);
            let lines: Vec<_> = (n..n + 10).map(line).collect();
            assert_eq!(writer.runtime_logs().save(&lines).await.unwrap(), 10);
            acknowledged.fetch_add(10, Ordering::SeqCst);
        }
    };
    let read = async {
        let mut turns = 0;
        while !run.is_finished() {
            let least = acknowledged.load(Ordering::SeqCst) + 200_002;
            let seen: i64 = reader.query_one(KEPT, &[]).await.unwrap().get(0);
            assert!(seen.unsigned_abs() >= least, "{seen} lines are there, {least} were written");
            turns += 1;
        }
        turns
    };
    let ((), turns) = futures_util::future::join(write, read).await;
    let (db, report) = run.await.unwrap();
    let report = report.unwrap();

    assert!(report.is_complete(), "{report:#}");
    assert!(turns > 1);
    let written = acknowledged.into_inner();
    assert_eq!(places(&world).await, format!("20280220_20280302 {}, default 1", 200_001 + written));
    assert_eq!(leftovers(&world).await, "0 0 r 0");
    assert_eq!(report.step(Step::ComingLogDays).map(|step| step.changed), Some(18), "{report:#}");
    // Lines of one instant are in the order in which they were written, through it all.
    let newest = db.runtime_logs().newest(&[AppId::new(1)], 500).await.unwrap();
    let numbers: Vec<u64> =
        newest.iter().filter_map(|line| line.line.strip_prefix("new ")?.parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.last() == written.checked_sub(1).as_ref(), "{numbers:?}");

    let again = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
    assert!(again.is_complete() && changed(&again).is_empty(), "{again:#}");
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_taken_up_by_the_next() {
    let steps = [
        "ALTER TABLE runtime_logs_default SET (autovacuum_enabled = off)",
        "SELECT runtime_logs_spill_prepare()",
        "ALTER TABLE runtime_logs_default VALIDATE CONSTRAINT runtime_logs_spill_outside, VALIDATE CONSTRAINT runtime_logs_spill_ids",
        "SELECT runtime_logs_spill_freeze()",
        "SELECT runtime_logs_spill_settle()",
        "SELECT runtime_logs_spill_strays('2028-03-01', '2028-03-02', 1)",
        "SELECT runtime_logs_spill_drain('2028-03-01', '2028-03-02', 1)",
        "SELECT runtime_logs_spill_bound('2028-03-01', '2028-03-02')",
    ];
    for done in 0..=steps.len() {
        let (world, db) = world().await;
        world.postgres.execute(&lines(20_001)).await;
        for step in &steps[..done] {
            world.raw(step).await;
            db.runtime_logs().save(&[line(0), line(1)]).await.unwrap();
        }
        let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
        assert!(report.is_complete(), "after {done} steps: {report:#}");
        let lines = 20_002 + 2 * done;
        assert_eq!(
            places(&world).await,
            format!("20280220_20280302 {lines}, default 1"),
            "after {done} steps"
        );
        assert_eq!(leftovers(&world).await, "0 0 r 0", "after {done} steps");
    }
}

#[tokio::test]
async fn a_backlog_of_several_days_is_one_partition_that_goes_as_a_whole() {
    let (world, db) = world().await;
    let options = MaintenanceOptions { batches: 1, ..MaintenanceOptions::default() };
    // 28 and 29 February and today, and many of a day further on, which are left for later runs.
    world
        .postgres
        .execute(
            "INSERT INTO runtime_logs (app_id, stream, line, logged_at)
                 SELECT 1, 'stdout', 'line ' || n, timestamptz '2028-02-28 00:00Z' + n * interval '5 s'
                 FROM generate_series(0, 34900) AS n;
             INSERT INTO runtime_logs (app_id, stream, line, logged_at)
                 SELECT 1, 'stdout', 'line ' || n, timestamptz '2028-06-01 00:00Z' + n * interval '1 s'
                 FROM generate_series(1, 25000) AS n",
        )
        .await;
    let first = db.maintenance().run(&options).await.unwrap();
    assert!(first.step(Step::ComingLogDays).unwrap().more && first.failures().next().is_none(), "{first:#}");
    assert_eq!(world.raw("SELECT count(*) FROM runtime_logs").await, "59901");

    let second = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
    assert!(second.is_complete(), "{second:#}");
    assert_eq!(places(&world).await, "20280228_20280302 34901, default 25000");
    assert_eq!(leftovers(&world).await, "0 0 r 0");

    // The others are in the way as soon as days are missing again.
    let rest = "20280601 25000";
    let name = world.postgres.name();
    for (now, left) in [
        ("2028-03-15 23:59Z", format!("20280228_20280302 34901, {rest}")),
        ("2028-03-16 00:00Z", rest.to_owned()),
    ] {
        world.postgres.execute(&format!("ALTER DATABASE {name} SET wh.now = '{now}'")).await;
        let later = crate::support::open(world.postgres.url(), 4).await;
        let report = later.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
        assert!(report.is_complete(), "{report:#}");
        assert_eq!(places(&world).await, left, "{now}");
    }
}
