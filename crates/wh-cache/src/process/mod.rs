//! The tier in the process.

mod entry;
mod flight;
mod hearing;
mod shards;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) use entry::Body;
#[cfg(feature = "redis")]
pub(crate) use entry::END;
pub(crate) use flight::{Lead, Outcome, Part};
pub(crate) use hearing::Hearing;

use crate::{eviction::Eviction, settings::CacheSettings};
use entry::{Entry, OwnLife};
use hearing::SharedHearing;
use shards::Shards;

/// What a key's shard looked like when a read began. What was read is stored only if no eviction has passed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// Entries of this process, bounded by weight, and the generations that keep stale ones out.
///
/// Storing and evicting hold the lock of the key's shard while they look at its generation and touch the entries, so that
/// neither slips between the two halves of the other.
pub(crate) struct ProcessTier {
    entries: moka::sync::Cache<Arc<str>, Entry>,
    shards: Shards,
    hearing: SharedHearing,
    deaf_ttl: Duration,
    /// Whether there is room for anything: without any, moka would still keep entries for a moment.
    has_room: bool,
}

impl ProcessTier {
    pub(crate) fn new(settings: &CacheSettings, hearing: Hearing) -> Self {
        let entries = moka::sync::Cache::builder()
            .max_capacity(settings.capacity_bytes)
            .weigher(|key: &Arc<str>, entry: &Entry| entry.weight(key))
            .expire_after(OwnLife)
            .build();
        let hearing = SharedHearing::new(hearing);
        let has_room = settings.capacity_bytes > 0;
        Self { entries, shards: Shards::new(), hearing, deaf_ttl: settings.deaf_ttl, has_room }
    }

    /// What this tier knows of the key.
    pub(crate) fn get(&self, key: &str) -> Option<Body> {
        let entry = self.entries.get(key)?;
        let believed = match self.hearing.get() {
            Hearing::Alone | Hearing::Listening => true,
            Hearing::Deaf => entry.stored.elapsed() <= self.deaf_ttl,
            Hearing::Closed => false,
        };
        believed.then_some(entry.body)
    }

    /// To be taken before anything is read that may be stored.
    pub(crate) fn ticket(&self, key: &str) -> Ticket {
        Ticket(self.shards.with(key, |shard| shard.generation))
    }

    /// Stores what was read since the ticket was taken, unless an eviction or a write has passed.
    pub(crate) fn store(&self, key: &str, body: Body, life: Duration, ticket: Ticket) {
        self.shards.with(key, |shard| {
            if shard.generation == ticket.0 {
                self.insert(key, body, life);
            }
        });
    }

    /// Begins to write a key: whatever was known of it is gone.
    pub(crate) fn begin_write(&self, key: &str) -> Ticket {
        self.shards.with(key, |shard| {
            shard.generation += 1;
            self.entries.invalidate(key);
            Ticket(shard.generation)
        })
    }

    /// Ends it. Where another write or an eviction came between, nobody here knows which was the last one, and nothing is kept.
    pub(crate) fn end_write(&self, key: &str, body: Option<(Body, Duration)>, ticket: Ticket) {
        self.shards.with(key, |shard| {
            match body {
                Some((body, life)) if shard.generation == ticket.0 => self.insert(key, body, life),
                _ => self.entries.invalidate(key),
            }
            shard.generation += 1;
        });
    }

    /// Takes entries out, and lets no read that is under way put one back.
    pub(crate) fn evict(&self, eviction: &Eviction) {
        match eviction {
            Eviction::Key(key) => {
                self.begin_write(key);
            }
            Eviction::Everything => {
                self.shards.advance_all();
                self.entries.invalidate_all();
            }
            Eviction::Prefix(_) | Eviction::Pattern(_) => {
                self.shards.advance_all();
                let matcher = eviction.matcher();
                for (key, _) in &self.entries {
                    if matcher.covers(&key) {
                        self.entries.invalidate(&**key);
                    }
                }
            }
        }
    }

    /// From now on evictions of others may be missed.
    pub(crate) fn deafen(&self) {
        self.hearing.set(Hearing::Deaf);
    }

    /// From now on evictions of others are heard; what may have been missed until now is gone.
    pub(crate) fn listen(&self) {
        self.evict(&Eviction::Everything);
        self.hearing.set(Hearing::Listening);
    }

    /// Forgets everything, for good.
    pub(crate) fn close(&self) {
        self.hearing.set(Hearing::Closed);
        self.evict(&Eviction::Everything);
    }

    pub(crate) fn hearing(&self) -> Hearing {
        self.hearing.get()
    }

    fn insert(&self, key: &str, body: Body, life: Duration) {
        if self.has_room && self.hearing.get() != Hearing::Closed {
            self.entries.insert(key.into(), Entry { body, stored: Instant::now(), life });
        }
    }
}
