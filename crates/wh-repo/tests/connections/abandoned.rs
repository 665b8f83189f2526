//! Operations that nobody waits for any more leave nothing behind on the server.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use wh_repo::Error;
use wh_testkit::{PgBouncer, PoolMode, Proxy, TestDatabase};

use crate::support::{connect, eventually, open, profile, settings, value};

const SOON: Duration = Duration::from_millis(100);

/// Statements of this database that wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()";

async fn hold_users(postgres: &TestDatabase) -> tokio_postgres::Client {
    let client = postgres.client().await;
    client.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    client
}

#[tokio::test]
async fn a_client_that_is_gone_leaves_no_statement_waiting_for_a_lock() {
    let postgres = TestDatabase::new().await;
    let proxy = Proxy::start(postgres.url()).await;
    let db = open(proxy.url(), 1).await;
    let holder = hold_users(&postgres).await;
    let write = tokio::spawn(async move { db.users().upsert_google(&profile("ada")).await });
    let watcher = postgres.client().await;
    eventually("it waits", async || value(&watcher, WAITING).await == "1").await;
    // Nobody is left to cancel it, as after SIGKILL.
    proxy.refuse(true);
    proxy.reset();
    eventually("the server has noticed", async || value(&watcher, WAITING).await == "0").await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    write.abort();
    assert_eq!(value(&watcher, "SELECT count(*) FROM users").await, "0");
}

#[tokio::test]
async fn a_dropped_operation_is_cancelled_before_its_connection_is_closed() {
    let postgres = TestDatabase::new().await;
    let db = open(postgres.url(), 4).await;
    let holder = hold_users(&postgres).await;
    let watcher = postgres.client().await;
    for _ in 0..24 {
        let write = profile("ada");
        assert!(timeout(SOON, db.users().upsert_google(&write)).await.is_err(), "it has to wait");
        let open: u32 = value(
            &watcher,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wh-data'",
        )
        .await
        .parse()
        .unwrap();
        assert!(open <= 5, "{open} connections, though 4 and one for maintenance are allowed");
    }
    eventually("nothing waits", async || value(&watcher, WAITING).await == "0").await;
    timeout(Duration::from_secs(30), db.workers().list()).await.unwrap().unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(value(&watcher, "SELECT count(*) FROM users").await, "0");
}

#[tokio::test]
async fn an_idle_transaction_is_rolled_back_with_nothing_to_cancel() {
    let postgres = TestDatabase::new().await;
    let proxy = Proxy::start(postgres.url()).await;
    let db = open(proxy.url(), 1).await;
    let watcher = postgres.client().await;
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let listed = Notify::new();
    let work = db.transaction(async |tx| {
        tx.workers().list().await?;
        listed.notify_one();
        std::future::pending::<()>().await;
        Ok::<_, Error>(())
    });
    tokio::select! {
        _ = work => unreachable!("it never ends"),
        () = async {
            listed.notified().await;
            assert_eq!(value(&watcher, idle).await, "1");
        } => {}
    }
    eventually("it is over", async || value(&watcher, idle).await == "0").await;
    db.workers().list().await.unwrap();
    assert_eq!(proxy.cancellations(), 0);
}

#[tokio::test]
async fn pgbouncer_keeps_its_server_connections_whoever_walks_away() {
    let postgres = TestDatabase::new().await;
    let settings_of_pooler = "default_pool_size = 4\nmax_prepared_statements = 200";
    let Some(pooler) = PgBouncer::since((1, 21), postgres.url(), PoolMode::Transaction, settings_of_pooler)
    else {
        return;
    };
    let mut settings = settings(&pooler.url(), 4);
    settings.pgbouncer = true;
    let db = connect(settings).await.unwrap();
    let holder = hold_users(&postgres).await;
    for round in 0..12 {
        let write = profile("ada");
        if round % 2 == 0 {
            assert!(timeout(SOON, db.users().upsert_google(&write)).await.is_err(), "it has to wait");
        } else {
            let work = db.transaction(async |tx| {
                tx.workers().list().await?;
                std::future::pending::<()>().await;
                Ok::<_, Error>(())
            });
            assert!(timeout(SOON, work).await.is_err(), "it never ends");
        }
    }
    let watcher = postgres.client().await;
    eventually("nothing waits", async || value(&watcher, WAITING).await == "0").await;
    timeout(Duration::from_secs(30), db.workers().list()).await.unwrap().unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();
    let log = pooler.log();
    assert!(!log.contains("client disconnect while server was not ready"), "{log}");
    assert_eq!(value(&watcher, "SELECT count(*) FROM users").await, "0");
}
