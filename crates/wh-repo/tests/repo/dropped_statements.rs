//! Statements inside a transaction whose futures were dropped: committed whole, or not at all, and truly told.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::Client;
use wh_plans::Plans;
use wh_repo::{Database, Error};

use crate::support::{World, eventually, keys, settings, spec};

/// Long enough to be sent, and shorter than any lock is held.
const SOON: Duration = Duration::from_millis(300);

/// Repositories whose statements the server gives up after two seconds.
async fn impatient(world: &World) -> Database {
    let settings = wh_repo::DatabaseSettings {
        statement_timeout: Duration::from_secs(2),
        ..settings(world.postgres.url(), 1)
    };
    crate::dressed(Database::connect(settings, keys(), Plans::new()).await.unwrap())
}

async fn lock(world: &World, statement: &str) -> Client {
    let client = world.postgres.client().await;
    client.batch_execute(&format!("BEGIN; {statement}")).await.unwrap();
    client
}

#[tokio::test]
async fn a_dropped_statement_that_fails_later_is_no_silent_rollback() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = impatient(&world).await;
    let holder = lock(&world, "SELECT FROM users FOR UPDATE").await;
    let outcome = db
        .transaction(async |tx| {
            tx.workers().upsert(&crate::support::registration("anvil")).await?;
            assert!(timeout(SOON, tx.users().set_plan(ada.id, &"pro".parse().unwrap())).await.is_err());
            Ok::<_, Error>(())
        })
        .await;
    assert!(outcome.is_err(), "the statement ran into the server's time-out, so nothing was committed");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM workers").await, "0");
    assert_eq!(world.raw("SELECT plan FROM users").await, "free");
}

#[tokio::test]
async fn a_dropped_statement_that_ends_well_is_committed_with_the_rest() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = impatient(&world).await;
    let holder = lock(&world, "SELECT FROM users FOR UPDATE").await;
    db.transaction(async |tx| {
        tx.workers().upsert(&crate::support::registration("anvil")).await?;
        assert!(timeout(SOON, tx.users().set_plan(ada.id, &"pro".parse().unwrap())).await.is_err());
        holder.batch_execute("ROLLBACK").await.unwrap();
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM workers").await, "1");
    assert_eq!(world.raw("SELECT plan FROM users").await, "pro");
}

#[tokio::test]
async fn an_operation_dropped_half_way_is_not_committed() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let db = impatient(&world).await;
    let holder = lock(&world, "LOCK TABLE apps IN EXCLUSIVE MODE").await;
    let outcome = db
        .transaction(async |tx| {
            tx.workers().upsert(&crate::support::registration("anvil")).await?;
            assert!(timeout(SOON, tx.deployments().create(&spec(&ada, "first-shop"))).await.is_err());
            holder.batch_execute("ROLLBACK").await.unwrap();
            Ok::<_, Error>(())
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(world.raw("SELECT count(*) FROM apps").await, "0");
    assert_eq!(world.raw("SELECT count(*) FROM workers").await, "0");
}

#[tokio::test]
async fn the_first_error_of_a_pipeline_leaves_nothing_behind_for_the_next_caller() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = impatient(&world).await;
    let holder = lock(&world, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await;
    let pro = "pro".parse().unwrap();
    let outcome = db
        .transaction(async |tx| {
            let (users, workers) = (tx.users(), tx.workers());
            tokio::try_join!(
                users.set_plan(ada.id, &pro),
                users.find(ada.id),
                users.find(ada.id),
                workers.list()
            )?;
            Ok::<_, Error>(())
        })
        .await;
    assert!(outcome.is_err());
    // The users are still locked. What was in flight behind the error must not run ahead of this.
    db.workers().list().await.unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();
    eventually("nothing runs", async || {
        let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
                       AND pid <> pg_backend_pid() AND application_name = 'wh-data'";
        world.raw(running).await == "0"
    })
    .await;
    assert_eq!(world.raw("SELECT plan FROM users").await, "free");
}
