//! A row is read, a write commits and evicts, and the old row is kept nowhere.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::sync::Notify;
use wh_cache::{Cache, CacheSettings, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::support::{NUMBERS, eventually, mirror, process, read, settings_of};

/// A caller that has read 1 and is parked before it can say so.
struct Parked {
    go: Arc<Notify>,
    caller: tokio::task::JoinHandle<Result<Option<u32>, Infallible>>,
}

impl Parked {
    async fn after_reading(cache: &Cache) -> Self {
        let (loaded, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let caller = {
            let (cache, loaded, go) = (cache.clone(), Arc::clone(&loaded), Arc::clone(&go));
            tokio::spawn(async move {
                let load = || async {
                    loaded.notify_one();
                    go.notified().await;
                    Ok(Some(1))
                };
                cache.get_or_load(&NUMBERS, "x", load).await
            })
        };
        loaded.notified().await;
        Self { go, caller }
    }

    async fn goes_on(self) {
        self.go.notify_one();
        assert_eq!(self.caller.await.unwrap(), Ok(Some(1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_read_before_an_eviction_here_or_there_is_kept_nowhere() {
    let server = RedisServer::start();
    let (a, b, reader) = (process(&server).await, process(&server).await, mirror(&server).await);
    for writer in [&a, &b] {
        for eviction in [NUMBERS.eviction("x"), NUMBERS.everything()] {
            let parked = Parked::after_reading(&a).await;
            writer.evict(&[eviction]).await;
            parked.goes_on().await;
            assert_eq!(reader.get::<u32>(&NUMBERS.key("x")).await, None, "in Redis");
            assert_eq!(a.get::<u32>(&NUMBERS.key("x")).await, None, "in the process");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_read_before_a_newer_one_was_stored_does_not_replace_it() {
    let server = RedisServer::start();
    let (a, b, reader) = (process(&server).await, process(&server).await, mirror(&server).await);
    let parked = Parked::after_reading(&a).await;
    b.evict(&[NUMBERS.eviction("x")]).await;
    assert_eq!(read(&b, "x", 2).await, 2);
    parked.goes_on().await;
    assert_eq!(reader.get::<u32>(&NUMBERS.key("x")).await, Some(2));
    assert_eq!(read(&a, "x", 3).await, 2);

    b.delete(&NUMBERS.key("x")).await;
    eventually("the eviction", async || a.get::<u32>(&NUMBERS.key("x")).await.is_none()).await;
    let parked = Parked::after_reading(&a).await;
    b.set(&NUMBERS.key("x"), &4, None).await;
    parked.goes_on().await;
    assert_eq!(reader.get::<u32>(&NUMBERS.key("x")).await, Some(4));
    assert_eq!(read(&a, "x", 5).await, 4);
}

/// The lease is what protects a process whose message is still on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_gone_is_believed_before_any_message() {
    let server = RedisServer::start();
    let (a, reader) = (process(&server).await, mirror(&server).await);
    let parked = Parked::after_reading(&a).await;
    drop(server.command(&["FLUSHALL"]));
    parked.goes_on().await;
    assert_eq!(reader.get::<u32>(&NUMBERS.key("x")).await, None, "in Redis");
    assert_eq!(a.get::<u32>(&NUMBERS.key("x")).await, None, "in the process");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_takes_longer_than_its_lease_is_not_kept() {
    let server = RedisServer::start();
    let redis = RedisSettings { longest_load: Duration::from_millis(30), ..settings_of(server.url()) };
    let (a, reader) = (Cache::start(CacheSettings::default(), redis).await.unwrap(), mirror(&server).await);
    let parked = Parked::after_reading(&a).await;
    eventually("the end of the lease", async || server.command(&["KEYS", "*#"]).is_empty()).await;
    parked.goes_on().await;
    assert_eq!(reader.get::<u32>(&NUMBERS.key("x")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restarted_server_remembers_is_not_believed() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, mirror(&server).await);
    a.set("x", &1, None).await;
    drop(server.command(&["SAVE"]));
    a.delete("x").await;
    server.kill();
    server.restart();
    assert!(!server.command(&["KEYS", "*{x}"]).is_empty(), "the old value is there again");
    eventually("the way back", async || b.redis_state() == Some(RedisState::Up)).await;
    assert_eq!(b.get::<u32>("x").await, None);
}
