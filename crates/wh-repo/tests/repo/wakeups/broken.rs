//! What becomes of wake-ups when their connection breaks.

use std::time::Duration;

use wh_plans::Plans;
use wh_repo::{Database, DatabaseSettings};
use wh_testkit::Proxy;

use super::{NEVER, finish, listen, listening, sleeps, woken};
use crate::support::{World, eventually, keys, settings};

/// A database whose pool goes to the server, and whose wake-ups go through the proxy.
async fn through(world: &World, proxy: &Proxy) -> Database {
    let settings = DatabaseSettings {
        direct_url: Some(proxy.url().into()),
        connect_timeout: Duration::from_secs(1),
        ..settings(world.postgres.url(), 4)
    };
    Database::connect(settings, keys(), Plans::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_when_the_listening_backend_is_killed_between_assignments() {
    let world = World::plain().await;
    let (ada, anvil) = (world.user("ada", "business").await, world.worker("anvil").await);
    let mut wakeups = listen(&world, &world.db, &anvil).await;
    for n in 0..6 {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        eventually("somebody listens", async || listening(&world).await == "1").await;
        let killed = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'wh-data (listening)'";
        assert_eq!(world.raw(killed).await, "1");
        world.db.jobs().assign(made.job, anvil.id).await.unwrap();
        // Woken for the end of the gap at the latest; that may have been the gap before this one.
        loop {
            woken(&mut wakeups).await;
            if world.db.jobs().claim_next(anvil.id).await.unwrap().is_some() {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_when_the_network_cuts_or_turns_away() {
    let world = World::plain().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let db = through(&world, &proxy).await;
    let (ada, anvil) = (world.user("ada", "business").await, world.worker("anvil").await);
    let mut wakeups = listen(&world, &db, &anvil).await;
    for (n, breaks) in [Proxy::cut, Proxy::reset].into_iter().enumerate() {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        proxy.refuse(true);
        breaks(&proxy);
        db.jobs().assign(made.job, anvil.id).await.unwrap();
        assert!(sleeps(&mut wakeups).await, "there is nobody who could tell");
        proxy.refuse(false);
        woken(&mut wakeups).await;
        finish(&world, &anvil).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_died_without_a_word_is_noticed() {
    let world = World::plain().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let db = through(&world, &proxy).await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let mut wakeups = listen(&world, &db, &anvil).await;
    let made = world.app(&ada, "first-shop").await;
    proxy.hang(true);
    db.jobs().assign(made.job, anvil.id).await.unwrap();
    assert!(sleeps(&mut wakeups).await, "the news was lost on the way");
    // The connection stays silent for good; a new one would work.
    proxy.hang(false);
    woken(&mut wakeups).await;
    finish(&world, &anvil).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_from_the_start_is_tried_again() {
    let world = World::plain().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let db = through(&world, &proxy).await;
    let anvil = world.worker("anvil").await;
    proxy.hang(true);
    let mut wakeups = db.jobs().listen(anvil.id).with_poll_interval(NEVER);
    woken(&mut wakeups).await;
    assert!(sleeps(&mut wakeups).await, "the first look was for nothing but itself");
    proxy.hang(false);
    woken(&mut wakeups).await;
    assert_eq!(listening(&world).await, "1");
}

#[tokio::test]
async fn where_nobody_can_listen_the_poll_goes_on() {
    let world = World::plain().await;
    let anvil = world.worker("anvil").await;
    let refused = DatabaseSettings {
        direct_url: Some("postgres://127.0.0.1:1/nothing".into()),
        ..settings(world.postgres.url(), 1)
    };
    let pooled = DatabaseSettings { pgbouncer: true, ..settings(world.postgres.url(), 1) };
    for settings in [refused, pooled] {
        let db = Database::connect(settings, keys(), Plans::new()).await.unwrap();
        let mut wakeups = db.jobs().listen(anvil.id).with_poll_interval(Duration::from_millis(50));
        for _ in 0..5 {
            woken(&mut wakeups).await;
        }
        let mut wakeups = wakeups.with_poll_interval(NEVER);
        woken(&mut wakeups).await;
        assert!(sleeps(&mut wakeups).await);
    }
    assert_eq!(listening(&world).await, "0");
}

#[tokio::test]
async fn past_a_pooler_the_server_itself_is_listened_to() {
    let world = World::plain().await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let pooled = DatabaseSettings {
        pgbouncer: true,
        direct_url: Some(world.postgres.url().into()),
        ..settings(world.postgres.url(), 1)
    };
    let db = Database::connect(pooled, keys(), Plans::new()).await.unwrap();
    let mut wakeups = listen(&world, &db, &anvil).await;
    let made = world.app(&ada, "first-shop").await;
    db.jobs().assign(made.job, anvil.id).await.unwrap();
    woken(&mut wakeups).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_ends_with_the_last_listener_and_comes_back_with_the_next() {
    let world = World::plain().await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    assert_eq!(listening(&world).await, "0", "none before somebody listens");
    for name in ["first-shop", "second-shop"] {
        let mut wakeups = listen(&world, &world.db, &anvil).await;
        let made = world.app(&ada, name).await;
        world.db.jobs().assign(made.job, anvil.id).await.unwrap();
        woken(&mut wakeups).await;
        finish(&world, &anvil).await;
        drop(wakeups);
        eventually("nobody listens", async || listening(&world).await == "0").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_ends_with_the_database_and_the_poll_goes_on() {
    let world = World::plain().await;
    let anvil = world.worker("anvil").await;
    let db = Database::connect(settings(world.postgres.url(), 1), keys(), Plans::new()).await.unwrap();
    let clone = db.clone();
    let mut wakeups = db.jobs().listen(anvil.id).with_poll_interval(Duration::from_millis(50));
    woken(&mut wakeups).await;
    eventually("somebody listens", async || listening(&world).await == "1").await;
    drop(db);
    woken(&mut wakeups).await;
    assert_eq!(listening(&world).await, "1", "there is another clone");
    drop(clone);
    eventually("nobody listens", async || listening(&world).await == "0").await;
    for _ in 0..3 {
        woken(&mut wakeups).await;
    }
}
