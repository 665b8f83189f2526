//! Futures that are dropped half-way, and connections that die.

use std::time::Duration;

use wh_repo::{Error, Reason};
use wh_types::UserId;

use wh_testkit::Proxy;

use crate::support::{World, abandon, eventually, open_plain, profile};

/// Whether an operation waits for a row that another holds.
async fn waits(world: &World) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND wait_event_type = 'Lock' AND application_name = 'wh-data'";
    world.raw(sql).await == "1"
}

/// Whether a transaction waits for its next statement.
async fn idles_in_a_transaction(world: &World) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND state = 'idle in transaction' AND application_name = 'wh-data'";
    world.raw(sql).await == "1"
}

/// Queries of this database that still run, other than the one that asks.
async fn running(world: &World) -> String {
    world
        .raw(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
             AND pid <> pg_backend_pid() AND application_name = 'wh-data'",
        )
        .await
}

/// Holds every user's row, so that whoever writes one has to wait.
async fn hold_users(world: &World) -> tokio_postgres::Client {
    let client = world.postgres.client().await;
    client.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    client
}

#[tokio::test]
async fn a_dropped_operation_leaves_the_only_connection_usable_at_once() {
    let world = World::with_connections(1).await;
    let holder = hold_users(&world).await;
    let write = profile("ada");
    abandon("it waits", world.db.users().upsert_google(&write), async || waits(&world).await).await;

    eventually("the abandoned query is gone", async || running(&world).await == "0").await;
    // Something else than users, which are still locked: it must not stand behind the abandoned query.
    world.db.workers().list().await.unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
    eventually("nothing runs", async || running(&world).await == "0").await;
}

#[tokio::test]
async fn a_dropped_transaction_commits_nothing_and_leaves_the_only_connection_usable_at_once() {
    let world = World::with_connections(1).await;
    let (db, holder) = (&world.db, hold_users(&world).await);
    let work = db.transaction(async |tx| {
        tx.workers().upsert(&crate::support::registration("anvil")).await?;
        tx.users().upsert_google(&profile("ada")).await
    });
    abandon("it waits", work, async || waits(&world).await).await;

    let workers = db.workers().list().await.unwrap();
    assert_eq!(workers, [], "the first half was not committed");
    holder.batch_execute("ROLLBACK").await.unwrap();
    eventually("nothing runs", async || running(&world).await == "0").await;
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
}

#[tokio::test]
async fn a_transaction_dropped_between_statements_commits_nothing() {
    let world = World::with_connections(1).await;
    let work = world.db.transaction(async |tx| {
        tx.users().upsert_google(&profile("ada")).await?;
        std::future::pending::<()>().await;
        Ok::<_, Error>(())
    });
    abandon("it waits for the caller", work, async || idles_in_a_transaction(&world).await).await;
    world.db.workers().list().await.unwrap();
    eventually("the transaction is rolled back", async || {
        world.raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'").await == "0"
    })
    .await;
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
}

#[test]
fn dropping_outside_of_a_runtime_does_not_panic() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::with_connections(1));
    let db = world.db.clone();
    let mut work = Box::pin(async move {
        db.transaction(async |tx| {
            tx.users().upsert_google(&profile("ada")).await?;
            std::future::pending::<()>().await;
            Ok::<_, Error>(())
        })
        .await
    });
    runtime.block_on(async {
        abandon("it waits for the caller", &mut work, async || idles_in_a_transaction(&world).await).await;
    });
    drop(work);
    runtime.block_on(async {
        world.db.workers().list().await.unwrap();
        assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
    });
    runtime.block_on(async move { drop(world) });
}

#[tokio::test]
async fn a_killed_backend_is_replaced_without_an_error() {
    let world = World::with_connections(1).await;
    for _ in 0..20 {
        world.db.users().find(UserId::new(1)).await.unwrap();
        let killed = world
            .raw(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name = 'wh-data'",
            )
            .await;
        // One that is still on its way out may be counted as well.
        assert_ne!(killed, "0");
        world.db.users().upsert_google(&profile("ada")).await.unwrap();
    }
}

#[tokio::test]
async fn an_exhausted_pool_says_how_long_it_waited() {
    let world = World::with_connections(1).await;
    let mut settings = crate::support::settings(world.postgres.url(), 1);
    settings.acquire_timeout = Duration::from_secs(3);
    let db =
        wh_repo::Database::connect(settings, crate::support::keys(), wh_plans::Plans::new()).await.unwrap();
    eventually("its connection is open", async || db.workers().list().await.is_ok()).await;
    let error = db
        .transaction(async |tx| {
            tx.workers().list().await?;
            db.workers().list().await
        })
        .await
        .unwrap_err();
    let Error::Unavailable { operation: "workers.list", waited, reason, .. } = &error else {
        unreachable!("{error}")
    };
    assert!(*waited >= Duration::from_secs(3));
    assert_eq!(*reason, Reason::PoolExhausted { connections: 1 });
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_where_that_does_no_harm() {
    let world = World::new().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let db = open_plain(proxy.url(), 1).await;
    let ada = db.users().upsert_google(&profile("ada")).await.unwrap().user;

    proxy.swallow_next_answer();
    let again = db.users().upsert_google(&profile("ada")).await.unwrap().user;

    assert_eq!(again.id, ada.id);
    assert_eq!(proxy.connections(), 3, "one to check, one that was lost, one in its place");
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_not_sent_again() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    for name in ["first-shop", "second-shop"] {
        let made = world.app(&ada, name).await;
        world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    }
    let proxy = Proxy::start(world.postgres.url()).await;
    let db = open_plain(proxy.url(), 1).await;
    db.workers().list().await.unwrap();
    // Prepared first, so that the answer to swallow is that of the claim itself.
    db.jobs().claim_next(wh_types::WorkerId::new(0)).await.unwrap();

    proxy.swallow_next_answer();
    let error = db.jobs().claim_next(anvil.id).await.unwrap_err();

    assert!(matches!(error, Error::Unavailable { operation: "jobs.claim_next", .. }), "{error}");
    assert_eq!(world.raw("SELECT count(*) FROM jobs WHERE status = 'processing'").await, "1");
    db.jobs().claim_next(anvil.id).await.unwrap().expect("the other job is there to be claimed");
}
