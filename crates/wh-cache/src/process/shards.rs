//! Generations of keys, and the loads that are under way.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::flight::Flight;

/// Many more than threads, so that callers rarely wait for one another or share a generation.
const SHARDS: usize = 512;
const SHARDS_U64: u64 = 512;

/// What keys of one shard share.
#[derive(Default)]
pub(super) struct Shard {
    /// Grows with every eviction or write of one of its keys.
    pub(super) generation: u64,
    /// The latest load of each key that is being loaded.
    pub(super) flights: HashMap<Arc<str>, Flight>,
}

/// All shards. Keys that share one cost each other a store now and then, never a stale entry.
pub(super) struct Shards {
    first: Mutex<Shard>,
    others: Box<[Mutex<Shard>]>,
    hasher: RandomState,
}

impl Shards {
    pub(super) fn new() -> Self {
        let others = std::iter::repeat_with(Mutex::default).take(SHARDS - 1).collect();
        Self { first: Mutex::default(), others, hasher: RandomState::new() }
    }

    /// Runs `work` while nobody else looks at the shard of this key.
    pub(super) fn with<R>(&self, key: &str, work: impl FnOnce(&mut Shard) -> R) -> R {
        let place = usize::try_from(self.hasher.hash_one(key) % SHARDS_U64).unwrap_or_default();
        let shard = self.others.get(place).unwrap_or(&self.first);
        work(&mut lock(shard))
    }

    /// Begins a new generation of every key.
    pub(super) fn advance_all(&self) {
        for shard in std::iter::once(&self.first).chain(&self.others) {
            lock(shard).generation += 1;
        }
    }
}

/// What a shard holds is whole between any two statements, so a panic elsewhere does not spoil it.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
