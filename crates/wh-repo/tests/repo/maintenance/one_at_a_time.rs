//! One run at a time, which leaves nothing behind when it ends half-way.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;
use wh_repo::{Connector, Database, Error, MaintenanceOptions, MaintenanceStep as Step};

use super::{changed, world};
use crate::support::{World, eventually, keys, open, settings};

const DEAD_SESSION: &str =
    "INSERT INTO sessions (user_id, token_hash, last_seen_at) VALUES (1, repeat('d', 64), '2020-01-01')";

/// Holds the table of sessions, so that a run stands still in the middle.
async fn hold_sessions(world: &World) -> tokio_postgres::Client {
    let client = world.postgres.client().await;
    client.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    client
}

const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'sessions'::regclass";

/// Connections of this database that hold the lock of maintenance, as a condition on their process.
const HOLDERS: &str = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

async fn holders(world: &World) -> String {
    world.raw(&format!("SELECT count(*) FROM pg_stat_activity WHERE {HOLDERS}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_processes_one_works_and_the_others_are_told_at_once() {
    let (world, _) = world().await;
    world.postgres.execute(DEAD_SESSION).await;
    let hold = hold_sessions(&world).await;
    let mut runs: FuturesUnordered<_> = (0..16)
        .map(|_| {
            let url = world.postgres.url().to_owned();
            tokio::spawn(async move {
                let db = open(&url, 1).await;
                db.maintenance().run(&MaintenanceOptions::default()).await.unwrap()
            })
        })
        .collect();

    // The one at work stands still, so that whoever comes back meanwhile did not wait for it.
    for _ in 0..15 {
        let told = timeout(Duration::from_mins(1), runs.next()).await.expect("at once").unwrap().unwrap();
        assert!(told.elsewhere() && !told.is_complete() && told.steps.is_empty());
        assert_eq!(
            told.to_string(),
            "maintenance: another run is at work on this database, nothing was done"
        );
    }
    hold.batch_execute("ROLLBACK").await.unwrap();
    let worked = runs.next().await.unwrap().unwrap();
    assert!(worked.is_complete(), "{worked:#}");
    assert_eq!(worked.step(Step::Sessions).map(|step| step.changed), Some(1));
}

#[tokio::test]
async fn the_lock_of_one_database_is_none_of_another() {
    let ((first, _), (_second, db)) = (world().await, world().await);
    first.postgres.execute(DEAD_SESSION).await;
    let _hold = hold_sessions(&first).await;
    let busy = open(first.postgres.url(), 2).await;
    let run = tokio::spawn(async move { busy.maintenance().run(&MaintenanceOptions::default()).await });
    eventually("the first is at work", async || first.raw(WAITING).await == "1").await;
    assert!(db.maintenance().run(&MaintenanceOptions::default()).await.unwrap().is_complete());
    run.abort();
}

#[tokio::test]
async fn the_lock_keeps_no_old_snapshot_and_no_time_out_ends_it() {
    let (world, db) = world().await;
    let mut settings = settings(world.postgres.url(), 2);
    settings.idle_in_transaction_timeout = Duration::from_secs(2);
    let brief = Database::connect(settings, keys(), wh_plans::Plans::new()).await.unwrap();
    drop(db);
    let hold = hold_sessions(&world).await;
    let run = tokio::spawn(async move { brief.maintenance().run(&MaintenanceOptions::default()).await });
    eventually("it waits for sessions", async || world.raw(WAITING).await == "1").await;

    let state = format!(
        "SELECT concat_ws(' ', state, backend_xmin, backend_xid, now() - state_change > interval '4 s') \
         FROM pg_stat_activity WHERE {HOLDERS}"
    );
    eventually("it has been idle for twice its time-out", async || {
        world.raw(&state).await == "idle in transaction t"
    })
    .await;
    hold.batch_execute("ROLLBACK").await.unwrap();
    assert!(run.await.unwrap().unwrap().is_complete());
}

#[tokio::test]
async fn a_run_that_is_dropped_stops_and_frees_the_lock() {
    let (world, db) = world().await;
    world.postgres.execute(DEAD_SESSION).await;
    let hold = hold_sessions(&world).await;
    let options = MaintenanceOptions::default();
    {
        let maintenance = db.maintenance();
        let run = std::pin::pin!(maintenance.run(&options));
        let waiting = eventually("it waits for sessions", async || world.raw(WAITING).await == "1");
        tokio::select! {
            outcome = run => unreachable!("sessions are locked: {outcome:?}"),
            () = waiting => {}
        }
        assert_eq!(holders(&world).await, "1");
    }

    eventually("the lock is free", async || holders(&world).await == "0").await;
    eventually("its statement is gone", async || world.raw(WAITING).await == "0").await;
    hold.batch_execute("ROLLBACK").await.unwrap();
    let report = db.maintenance().run(&options).await.unwrap();
    assert!(report.is_complete(), "{report:#}");
    assert_eq!(changed(&report), [(Step::Sessions, 1)], "what came before the drop stayed done");
}

#[tokio::test]
async fn a_run_whose_lock_is_lost_stops_and_says_so() {
    let (world, db) = world().await;
    world.postgres.execute(DEAD_SESSION).await;
    let hold = hold_sessions(&world).await;
    let again = db.clone();
    let run = tokio::spawn(async move { db.maintenance().run(&MaintenanceOptions::default()).await });
    eventually("it waits for sessions", async || world.raw(WAITING).await == "1").await;

    world.raw(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {HOLDERS}")).await;
    eventually("the lock is free", async || holders(&world).await == "0").await;
    hold.batch_execute("ROLLBACK").await.unwrap();
    let report = run.await.unwrap().unwrap();

    let failed: Vec<_> = report.failures().map(|(step, _)| step).collect();
    assert_eq!(
        failed,
        [
            Step::DomainClaims,
            Step::WebhookDeliveries,
            Step::UsageSamples,
            Step::ResolvedAlerts,
            Step::BuildLogs,
            Step::FinishedJobs,
            Step::LateLogLines
        ],
        "the batch that was under way is done, the others are not begun: {report:#}"
    );
    assert!(
        report.to_string().contains("the connection that held the lock of maintenance was lost"),
        "{report}"
    );
    assert!(again.maintenance().run(&MaintenanceOptions::default()).await.unwrap().is_complete());
}

#[tokio::test]
async fn a_run_whose_working_connection_is_killed_goes_on_with_another() {
    let (world, db) = world().await;
    world.postgres.execute(DEAD_SESSION).await;
    let hold = hold_sessions(&world).await;
    let run = tokio::spawn(async move { db.maintenance().run(&MaintenanceOptions::default()).await });
    eventually("it waits for sessions", async || world.raw(WAITING).await == "1").await;
    world
        .raw("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'sessions'::regclass")
        .await;
    hold.batch_execute("ROLLBACK").await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert!(report.is_complete(), "{report:#}");
    assert_eq!(report.step(Step::Sessions).map(|step| step.changed), Some(1));
}

#[tokio::test]
async fn where_nothing_can_be_done_the_call_fails() {
    let nowhere = settings("postgres://nobody@127.0.0.1:1/nothing?sslmode=disable", 1);
    let db = Database::lazy(Connector::new(nowhere).unwrap(), keys(), wh_plans::Plans::new());
    let error = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Unavailable { operation: "maintenance.run", .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_standby_the_call_fails() {
    let primary = wh_testkit::DurableServer::start("");
    wh_testkit::migrate(&primary.url()).await;
    let standby = primary.standby("standby", "");
    standby.catch_up(&primary);
    let db =
        Database::lazy(Connector::new(settings(&standby.url(), 2)).unwrap(), keys(), wh_plans::Plans::new());
    let error = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Unavailable { reason: wh_repo::Reason::ReadOnly, .. }), "{error}");
    let db =
        Database::lazy(Connector::new(settings(&primary.url(), 2)).unwrap(), keys(), wh_plans::Plans::new());
    assert!(db.maintenance().run(&MaintenanceOptions::default()).await.unwrap().is_complete());
}
