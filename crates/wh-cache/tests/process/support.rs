//! What the tests of this tier share.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use wh_cache::{Cache, CacheSettings, Namespace};

pub(crate) use wh_testkit::eventually;

/// Numbers by name.
pub(crate) const NUMBERS: Namespace<str, u32> = Namespace::new("number", Duration::from_mins(5));

pub(crate) fn cache() -> Cache {
    Cache::in_process(CacheSettings::default())
}

/// A source that counts how often it is asked.
#[derive(Default)]
pub(crate) struct Source {
    pub(crate) asked: AtomicU32,
}

impl Source {
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Loads a value.
    pub(crate) fn give(&self, value: Option<u32>) -> Ready<Result<Option<u32>, Infallible>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        ready(Ok(value))
    }
}

/// What the cache gives for a key that the source does not have.
pub(crate) async fn cached(cache: &Cache, key: &str) -> Option<u32> {
    cache.get(&NUMBERS.key(key)).await
}
