//! What one process writes, the others do not see stale.

use std::time::Duration;

use wh_cache::{Cache, CacheSettings, Eviction, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::{
    support::{NUMBERS, eventually, gives, process, process_at, read, settings_of},
    switch::{Switch, Wire},
};

#[tokio::test(flavor = "multi_thread")]
async fn after_an_eviction_the_other_process_sees_the_fresh_value_and_never_the_stale_one_again() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    for value in 0..200 {
        assert_eq!(read(&b, "x", value).await, value);
        a.evict(&[NUMBERS.eviction("x")]).await;
        eventually("the fresh value", async || read(&b, "x", value + 1).await == value + 1).await;
        assert_eq!(read(&b, "x", value + 2).await, value + 1);
        b.evict(&[NUMBERS.eviction("x")]).await;
        eventually("the eviction", async || a.get::<u32>(&NUMBERS.key("x")).await.is_none()).await;
    }
}

/// On one thread, so that nothing is sent before the read that follows.
#[tokio::test]
async fn an_eviction_counts_here_before_redis_has_heard_of_it() {
    let server = RedisServer::start();
    let a = process(&server).await;
    assert_eq!(read(&a, "x", 1).await, 1);
    let evictions = [NUMBERS.eviction("x")];
    let mut eviction = Box::pin(a.evict(&evictions));
    std::future::poll_fn(|context| {
        assert!(eviction.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    assert_eq!(read(&a, "x", 2).await, 2);
    eviction.await;
    assert_eq!(read(&a, "x", 3).await, 2, "what is loaded after the eviction may stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_eviction_reaches_the_other_process() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    let evictions = [
        NUMBERS.eviction("x"),
        NUMBERS.everything(),
        Eviction::Pattern("n*r:?".to_owned()),
        Eviction::Everything,
    ];
    for eviction in evictions {
        assert_eq!(read(&b, "x", 1).await, 1);
        a.evict(std::slice::from_ref(&eviction)).await;
        eventually("the fresh value", async || read(&b, "x", 2).await == 2).await;
        b.evict(&[Eviction::Everything]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_here_is_forgotten_there() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    for value in 0..50 {
        a.set("x", &value, None).await;
        eventually("the new value", async || b.get::<u32>("x").await == Some(value)).await;
        assert_eq!(a.get::<u32>("x").await, Some(value), "one's own message changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_while_the_listening_connection_is_dead_is_not_missed() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    for value in 0..20 {
        eventually("the way back", async || {
            [&a, &b].iter().all(|cache| cache.redis_state() == Some(RedisState::Up))
        })
        .await;
        assert_eq!(read(&b, "x", value).await, value);
        drop(server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]));
        a.evict(&[NUMBERS.eviction("x")]).await;
        eventually("the fresh value", async || read(&b, "x", value + 1).await == value + 1).await;
        b.evict(&[NUMBERS.eviction("x")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_may_mean_anything() {
    let server = RedisServer::start();
    let a = process(&server).await;
    let channel = server.command(&["PUBSUB", "CHANNELS"]);
    assert!(channel.starts_with("wh:") && channel.ends_with(":evictions"), "{channel}");
    for message in ["", "nonsense", "00000000000000000000000000000000[\"zfuture\"]", "\u{e9}"] {
        a.set("x", &1, None).await;
        let keys = server.command(&["KEYS", "*{x}"]);
        drop(server.command(&["DEL", &keys]));
        assert_eq!(a.get::<u32>("x").await, Some(1));
        drop(server.command(&["PUBLISH", &channel, message]));
        eventually("forgetting", async || a.get::<u32>("x").await.is_none()).await;
    }
}

/// A server that was out of reach for one process only: nothing tells the others that it still has evictions to send.
#[tokio::test(flavor = "multi_thread")]
async fn evictions_that_could_not_be_sent_are_sent_before_anybody_believes_redis() {
    let server = RedisServer::start();
    let (to_a, to_b) = (Switch::to(server.port()).await, Switch::to(server.port()).await);
    let a = process_at(&to_a.url(server.password())).await;
    let settings = CacheSettings { deaf_ttl: Duration::from_millis(50), ..CacheSettings::default() };
    let patient = RedisSettings { grace: Duration::from_secs(6), ..settings_of(to_b.url(server.password())) };
    let b = Cache::start(settings, patient).await.unwrap();
    assert_eq!(read(&b, "x", 1).await, 1);
    to_a.set(Wire::Cut);
    to_b.set(Wire::Cut);
    eventually("the loss", async || {
        [&a, &b].iter().all(|cache| cache.redis_state() == Some(RedisState::Down))
    })
    .await;
    a.evict(&[NUMBERS.eviction("x")]).await;
    eventually("doubt", async || read(&b, "x", 2).await == 2).await;
    b.delete(&NUMBERS.key("other")).await;

    to_b.set(Wire::Whole);
    eventually("the way back", async || b.redis_state() == Some(RedisState::Warming)).await;
    // The old value is there. Only the grace keeps `b` from it until `a` has sent its eviction.
    to_a.set(Wire::Whole);
    let is_up = |cache: &Cache| cache.redis_state() == Some(RedisState::Up);
    eventually("the way back of both", async || {
        assert_eq!(read(&b, "x", 2).await, 2, "{:?}", b.redis_state());
        // Or it would be the tier in the process that answers.
        b.inlet().evicted(&[Eviction::Everything]);
        is_up(&a) && is_up(&b)
    })
    .await;
    assert_eq!(read(&b, "x", 2).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_hears_nothing_doubts_what_it_has() {
    let server = RedisServer::start();
    let b = process(&server).await;
    assert_eq!(read(&b, "x", 1).await, 1);
    server.freeze();
    eventually("doubt", async || b.get_or_load(&NUMBERS, "x", gives(2)).await == Ok(Some(2))).await;
    server.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_leaves_although_its_caller_went_away() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    for _ in 0..20 {
        assert_eq!(read(&b, "x", 1).await, 1);
        let evictions = [NUMBERS.eviction("x")];
        let mut eviction = Box::pin(a.evict(&evictions));
        std::future::poll_fn(|context| {
            let _ = eviction.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(eviction);
        eventually("the fresh value", async || read(&b, "x", 2).await == 2).await;
        b.evict(&evictions).await;
    }
}
