//! Two processes.

use std::time::Duration;

use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{Database, WorkerRegistration};
use wh_testkit::Proxy;
use wh_types::UserId;

use super::{CachedWorld, hearing};
use crate::support::{World, eventually, open_plain, registration, settings};

async fn plan(db: &Database, user: UserId) -> String {
    db.users().find(user).await.unwrap().unwrap().plan
}

/// Writes here and looks there, again and again: the other process sees each write.
pub(super) async fn check_that_writes_arrive(writer: &Database, reader: &Database, user: UserId) {
    for round in 0..40 {
        let plan_now = if round % 2 == 0 { "pro" } else { "business" };
        let before = plan(reader, user).await;
        assert_ne!(before, plan_now);
        assert_eq!(plan(reader, user).await, before, "it is in the cache");
        writer.users().set_plan(user, &plan_now.parse().unwrap()).await.unwrap();
        eventually("it heard of the write", async || plan(reader, user).await == plan_now).await;
    }
}

#[tokio::test]
async fn the_other_process_sees_a_write_through_postgres() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await.id;
    let writer = hearing(open_plain(world.postgres.url(), 2).await).await;
    let reader = hearing(open_plain(world.postgres.url(), 2).await).await;
    check_that_writes_arrive(&writer, &reader, ada).await;
}

#[tokio::test]
async fn a_process_that_hears_nothing_does_not_trust_its_cache_for_long() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await.id;
    let proxy = Proxy::start(world.postgres.url()).await;
    let mut behind = settings(world.postgres.url(), 2);
    behind.direct_url = Some(proxy.url().into());
    let deaf = Database::connect(behind, crate::support::keys(), Plans::new()).await.unwrap();
    let (deaf, writer) = (hearing(deaf).await, hearing(open_plain(world.postgres.url(), 2).await).await);
    assert_eq!(plan(&deaf, ada).await, "free");

    proxy.refuse(true);
    proxy.reset();
    writer.users().set_plan(ada, &"pro".parse().unwrap()).await.unwrap();
    eventually("it looks for itself", async || plan(&deaf, ada).await == "pro").await;

    // It listens again before long, and is told of what comes then.
    proxy.refuse(false);
    eventually("it is told again", async || {
        proxy.open_connections() > 0 && {
            world.raw("UPDATE users SET name = 'behind ' || clock_timestamp()").await;
            let kept = deaf.users().find(ada).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1100)).await;
            deaf.users().find(ada).await.unwrap() == kept
        }
    })
    .await;
    plan(&deaf, ada).await;
    writer.users().set_plan(ada, &"free".parse().unwrap()).await.unwrap();
    eventually("it heard of the write", async || plan(&deaf, ada).await == "free").await;
}

#[tokio::test]
async fn a_process_with_a_new_secret_evicts_what_one_with_the_old_secret_has_cached() {
    let cached_world = CachedWorld::new().await;
    let old = "a server secret for tests".into();
    let ring = KeyRing::new(&"a new server secret for tests".into(), &[old]).unwrap();
    let renewed =
        Database::connect(settings(cached_world.world.postgres.url(), 2), ring, Plans::new()).await.unwrap();
    let renewed = hearing(renewed).await;
    let known =
        async |db: &Database| db.workers().find_by_api_key(&"whk_anvil".into()).await.unwrap().is_some();
    for db in [&cached_world.other, &renewed] {
        assert!(known(db).await);
    }
    let other_key = WorkerRegistration { api_key: "whk_anvil2".into(), ..registration("anvil") };
    renewed.workers().upsert(&other_key).await.unwrap();
    assert!(!known(&renewed).await);
    eventually("the key before is worth nothing", async || !known(&cached_world.other).await).await;
}

#[tokio::test]
async fn the_last_clone_takes_the_listening_connection_along() {
    let cached_world = CachedWorld::new().await;
    let world = &cached_world.world;
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name LIKE '%listening%'";
    let already = world.raw(count).await;
    assert_eq!(already, "2");
    let db = hearing(open_plain(world.postgres.url(), 2).await).await;
    assert_ne!(world.raw(count).await, already);
    drop(db);
    eventually("it is closed", async || world.raw(count).await == already).await;
}
