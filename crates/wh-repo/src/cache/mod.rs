//! Rows that are read through the cache, and the writes that take them out of it again.
//!
//! Outside of a transaction the rows of [`rows`] are read through the cache. Inside of one nothing is read from it or put
//! into it, since what a transaction sees is its own. Whatever a write changed is evicted after the commit; where nobody
//! knows whether there was one, [`doubt`] sees to it.

mod changes;
mod read;
mod rows;
mod user;

use std::sync::OnceLock;

use wh_cache::{Cache, Eviction};
use wh_crypto::KeyRing;

pub(crate) use self::changes::{AppKeys, Changed, Changes};
pub(crate) use self::read::ReadThrough;

/// The cache of a database, once it was given one.
#[derive(Default)]
pub(crate) struct RowCache {
    cache: OnceLock<Cache>,
}

impl RowCache {
    /// Uses a cache from here on; the first one that is given stays.
    pub(crate) fn attach(&self, join: impl FnOnce() -> Cache) {
        self.cache.get_or_init(join);
    }

    /// For reads that the cache may answer.
    pub(crate) fn read_through<'a>(&'a self, keys: &'a KeyRing) -> ReadThrough<'a> {
        ReadThrough::new(self.get(), keys)
    }

    /// The cache, joined to those of the other processes.
    pub(crate) fn get(&self) -> Option<&Cache> {
        self.cache.get()
    }

    /// Whether anything is cached at all.
    pub(crate) fn is_on(&self) -> bool {
        self.get().is_some()
    }

    /// Takes what has changed out of every cache of the fleet. To be called after the commit.
    pub(crate) async fn evict(&self, keys: &KeyRing, changed: &[Changed]) {
        if let Some(cache) = self.get()
            && !changed.is_empty()
        {
            cache.evict(&evictions(keys, changed)).await;
        }
    }
}

/// Beyond so many evictions it is less work to take every app out.
const MANY: usize = 3000;

fn evictions(keys: &KeyRing, changed: &[Changed]) -> Vec<Eviction> {
    let mut evictions = Vec::new();
    for changed in changed {
        rows::evictions(keys, changed, &mut evictions);
        if evictions.len() > MANY {
            return vec![Eviction::Everything];
        }
    }
    evictions.sort_unstable_by_key(ToString::to_string);
    evictions.dedup();
    evictions
}
