//! What these tests share.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use wh_cache::{Cache, CacheSettings, Namespace, RedisSettings, RedisState};
use wh_testkit::RedisServer;

/// Numbers by name.
pub(crate) const NUMBERS: Namespace<str, u32> = Namespace::new("number", Duration::from_mins(5));

/// Longest that a caller may wait for a server that is unwell, and longest until the cache uses one that is well again.
pub(crate) const WAIT: Duration = Duration::from_millis(100);
pub(crate) const BACK: Duration = Duration::from_secs(1);

/// A process of the fleet.
pub(crate) async fn process(server: &RedisServer) -> Cache {
    process_at(&server.url()).await
}

pub(crate) async fn process_at(url: &str) -> Cache {
    let cache = Cache::start(CacheSettings::default(), RedisSettings::new(url)).await.unwrap();
    assert_eq!(cache.redis_state(), Some(RedisState::Up), "{url} cannot be used");
    cache
}

/// A process that keeps nothing itself, and so tells what Redis has.
pub(crate) async fn mirror(server: &RedisServer) -> Cache {
    let settings = CacheSettings { capacity_bytes: 0, ..CacheSettings::default() };
    Cache::start(settings, RedisSettings::new(server.url())).await.unwrap()
}

/// A source that has this value.
pub(crate) fn gives(value: u32) -> impl FnOnce() -> Ready<Result<Option<u32>, Infallible>> + Send {
    move || ready(Ok(Some(value)))
}

pub(crate) async fn read(cache: &Cache, key: &str, source: u32) -> u32 {
    cache.get_or_load(&NUMBERS, key, gives(source)).await.unwrap().unwrap()
}

/// Polls until it holds, for ten seconds at most.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFnMut() -> bool) {
    within(Duration::from_secs(10), what, holds).await;
}

/// Polls until it holds, and measures.
pub(crate) async fn within(limit: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let (machine, begin) = (Machine::watch(), Instant::now());
    while !holds().await {
        assert!(begin.elapsed() < limit + Duration::from_secs(20), "{what} never came true");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    machine.assert_within(begin.elapsed(), limit, what);
}

/// How late this machine is with everything: other tests run beside this one, and their load is not the cache's fault.
pub(crate) struct Machine {
    latest: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Machine {
    pub(crate) fn watch() -> Self {
        let (latest, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (shared, stopped) = (Arc::clone(&latest), Arc::clone(&stop));
        thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let begin = Instant::now();
                thread::sleep(Duration::from_millis(1));
                let late = begin.elapsed().saturating_sub(Duration::from_millis(1));
                shared.fetch_max(u64::try_from(late.as_micros()).unwrap(), Ordering::Relaxed);
            }
        });
        Self { latest, stop }
    }

    pub(crate) fn assert_within(&self, took: Duration, limit: Duration, what: &str) {
        let late = Duration::from_micros(self.latest.load(Ordering::Relaxed));
        assert!(took <= limit + late * 3, "{what} took {took:?}, with a machine that was late by {late:?}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
