//! Servers in every bad state: callers get answers all the same.

use std::time::Duration;

use tokio::time::timeout;
use wh_cache::{Cache, CacheSettings, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::{
    support::{NUMBERS, PATIENCE, eventually, mirror, process, process_at, read, settings_of},
    switch::{Switch, Wire},
};

/// Uses every operation while the server is unwell, until the cache has given it up or, with a server that is only full, a
/// while. All work. How long callers wait is measured by the benchmark.
async fn nobody_notices(cache: &Cache) {
    for value in 1..=50 {
        let key = format!("number {value}");
        let steps: [(&str, Step<'_>); 6] = [
            ("get_or_load", Box::pin(async { assert_eq!(read(cache, &key, value).await, value) })),
            ("get", Box::pin(async { assert_eq!(cache.get::<u32>("nothing").await, None) })),
            ("set", Box::pin(async { goes_on(cache, value).await })),
            ("evict", Box::pin(async { cache.evict(&[NUMBERS.eviction("evicted")]).await })),
            ("delete_prefix", Box::pin(async { cache.delete_prefix("prefix:").await })),
            ("delete_by_pattern", Box::pin(async { cache.delete_by_pattern("p*n").await })),
        ];
        for (name, step) in steps {
            assert!(timeout(PATIENCE, step).await.is_ok(), "{name} waits for a server that is unwell");
        }
    }
}

/// The tier in the process keeps what is set. It is asked at once: while it hears nothing, it keeps nothing for long.
async fn goes_on(cache: &Cache, value: u32) {
    cache.set("set", &value, None).await;
    assert_eq!(cache.get::<u32>("set").await, Some(value));
}

type Step<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// All processes use the server again.
async fn all_is_well(cache: &Cache, reader: &Cache) {
    let mut value = 1_000_000;
    eventually("the way back", async || {
        value += 1;
        cache.set("back", &value, None).await;
        let arrived = reader.get::<u32>("back").await == Some(value);
        arrived && [cache, reader].iter().all(|cache| cache.redis_state() == Some(RedisState::Up))
    })
    .await;
    assert_eq!(read(cache, "loaded again", 1).await, 1);
    assert_eq!(read(reader, "loaded again", 2).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_absent_at_start() {
    let server = RedisServer::start();
    server.kill();
    let (cache, reader) = (
        Cache::start(CacheSettings::default(), settings_of(server.url())).await.unwrap(),
        mirror(&server).await,
    );
    assert_eq!(cache.redis_state(), Some(RedisState::Down));
    nobody_notices(&cache).await;
    server.restart();
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_at_start() {
    let server = RedisServer::start();
    server.freeze();
    let settings = RedisSettings { start_timeout: Duration::from_millis(300), ..settings_of(server.url()) };
    let cache = Cache::start(CacheSettings::default(), settings.clone()).await.unwrap();
    let settings = Cache::start(CacheSettings { capacity_bytes: 0, ..CacheSettings::default() }, settings);
    let reader = settings.await.unwrap();
    nobody_notices(&cache).await;
    server.thaw();
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed() {
    let server = RedisServer::start();
    let (cache, reader) = (process(&server).await, mirror(&server).await);
    server.kill();
    nobody_notices(&cache).await;
    server.restart();
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped() {
    let server = RedisServer::start();
    let (cache, reader) = (process(&server).await, mirror(&server).await);
    server.freeze();
    nobody_notices(&cache).await;
    server.thaw();
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_callers_of_a_stopped_server_are_answered() {
    let server = RedisServer::start();
    let cache = process(&server).await;
    server.freeze();
    let callers = (0..64).map(|number| {
        let cache = cache.clone();
        tokio::spawn(async move { read(&cache, &format!("caller {number}"), number).await })
    });
    for (caller, number) in callers.collect::<Vec<_>>().into_iter().zip(0..) {
        assert_eq!(caller.await.unwrap(), number);
    }
    assert_eq!(cache.redis_state(), Some(RedisState::Down));
    server.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_talks_nonsense() {
    let server = RedisServer::start();
    let wire = Switch::to(server.port()).await;
    let (cache, reader) = (process_at(&wire.url(server.password())).await, mirror(&server).await);
    wire.set(Wire::Nonsense);
    nobody_notices(&cache).await;
    assert_eq!(cache.redis_state(), Some(RedisState::Down));
    wire.set(Wire::Whole);
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_full() {
    let server = RedisServer::start();
    let (cache, reader) = (process(&server).await, mirror(&server).await);
    cache.set("evicted", &1, None).await;
    cache.set("overwritten", &1, None).await;
    drop(server.command(&["CONFIG", "SET", "maxmemory", "1"]));
    nobody_notices(&cache).await;
    cache.delete("evicted").await;
    cache.set("overwritten", &2, None).await;
    assert_eq!(reader.get::<u32>("evicted").await, None, "it can still be evicted from");
    assert_eq!(reader.get::<u32>("overwritten").await, None, "and does not keep an old value");
    drop(server.command(&["CONFIG", "SET", "maxmemory", "0"]));
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_a_replica() {
    let server = RedisServer::start();
    let (cache, reader) = (process(&server).await, mirror(&server).await);
    drop(server.command(&["REPLICAOF", "127.0.0.1", "1"]));
    nobody_notices(&cache).await;
    assert_eq!(cache.redis_state(), Some(RedisState::Down));
    drop(server.command(&["REPLICAOF", "NO", "ONE"]));
    all_is_well(&cache, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_may_not_do_all_that_is_needed() {
    let server = RedisServer::start();
    drop(server.command(&["ACL", "SETUSER", "app", "on", ">word", "~*", "&*", "+@all", "-publish"]));
    let url = format!("redis://app:word@127.0.0.1:{}", server.port());
    let cache = Cache::start(CacheSettings::default(), settings_of(url)).await.unwrap();
    assert_eq!(cache.redis_state(), Some(RedisState::Down));
    nobody_notices(&cache).await;
    drop(server.command(&["ACL", "SETUSER", "app", "+publish"]));
    all_is_well(&cache, &mirror(&server).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_lost_and_found_many_times() {
    let server = RedisServer::start();
    let wire = Switch::to(server.port()).await;
    let cache = process_at(&wire.url(server.password())).await;
    for round in 0..10 {
        wire.set(Wire::Cut);
        eventually("the loss", async || cache.redis_state() == Some(RedisState::Down)).await;
        wire.set(Wire::Whole);
        eventually(&format!("the way back in round {round}"), async || {
            cache.redis_state() == Some(RedisState::Up)
        })
        .await;
    }
    let connections = server.command(&["CLIENT", "LIST"]).lines().filter(|line| !line.is_empty()).count();
    assert!(connections <= 4, "{connections} connections are left");
}
