//! The cache, by key.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    eviction::Eviction,
    inlet::Inlet,
    observe::{self, Source, Tier, UNTYPED},
    outward::Bus,
    pattern::is_literal,
    process::{Body, Hearing, ProcessTier},
    settings::CacheSettings,
};

/// A cache whose entries are JSON. Cheap to clone; the clones are one cache.
///
/// Nothing here fails: whatever goes wrong is a miss, and is logged and counted.
#[derive(Clone)]
pub struct Cache {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) settings: CacheSettings,
    pub(crate) process: Arc<ProcessTier>,
    pub(crate) bus: Option<Arc<dyn Bus>>,
}

impl Cache {
    /// A cache in this process alone.
    #[must_use]
    pub fn in_process(settings: CacheSettings) -> Self {
        observe::describe();
        let process = Arc::new(ProcessTier::new(&settings, Hearing::Alone));
        Self { inner: Arc::new(Inner { settings, process, bus: None }) }
    }

    /// The same cache, whose evictions go to other processes through `bus`.
    ///
    /// It counts as deaf (entries live for [`deaf_ttl`](CacheSettings::deaf_ttl)) until somebody listens for the evictions of others and
    /// says so: [`Inlet::restored`].
    #[must_use]
    pub fn with_bus(self, bus: Arc<dyn Bus>) -> Self {
        self.inner.process.deafen();
        Self { inner: Arc::new(Inner { bus: Some(bus), ..(*self.inner).clone() }) }
    }

    /// Where evictions of other processes are fed in.
    #[must_use]
    pub fn inlet(&self) -> Inlet {
        Inlet::new(Arc::clone(&self.inner.process))
    }

    /// The value of a key; none if nobody has it, if it has expired, or if it is no `T`: then it is deleted as well.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        if let Some(body) = self.inner.process.get(key) {
            if let Some(value) = body.value() {
                observe::hit(Tier::Process, UNTYPED);
                return value;
            }
            observe::corrupt(Tier::Process);
            self.delete(key).await;
        }
        observe::miss(UNTYPED);
        None
    }

    /// Stores a value for `ttl`, or for the default life where that is none or zero. Other processes forget what they had.
    ///
    /// A value that has no JSON, or too much of it ([`largest_value`](CacheSettings::largest_value)), is not stored; the key is then
    /// deleted.
    pub async fn set<T: Serialize + Sync + ?Sized>(&self, key: &str, value: &T, ttl: Option<Duration>) {
        let Some(json) = self.inner.encode(UNTYPED, value) else {
            return self.delete(key).await;
        };
        let ticket = self.inner.process.begin_write(key);
        self.inner.send_out(vec![Eviction::Key(key.to_owned())]).await;
        let stored = (Body::Present(json), self.inner.settings.life(ttl));
        self.inner.process.end_write(key, Some(stored), ticket);
    }

    /// Takes one entry out.
    pub async fn delete(&self, key: &str) {
        self.evict(&[Eviction::Key(key.to_owned())]).await;
    }

    /// Takes out every entry whose key begins with `prefix`. Nothing in it is special: `user:1*` means a star.
    pub async fn delete_prefix(&self, prefix: &str) {
        self.evict(&[Eviction::Prefix(prefix.to_owned())]).await;
    }

    /// Takes out every entry whose key matches a glob pattern, as Redis reads it; a pattern without `*`, `?` and `[` is a key.
    pub async fn delete_by_pattern(&self, pattern: &str) {
        let eviction = if is_literal(pattern) { Eviction::Key } else { Eviction::Pattern };
        self.evict(&[eviction(pattern.to_owned())]).await;
    }

    /// Takes entries out of every cache of the fleet. To be called after the commit that made them stale.
    ///
    /// They are gone from this process at once; the others are told by a task that goes on if this future is dropped, and that
    /// the caller waits for a tenth of a second at most.
    pub async fn evict(&self, evictions: &[Eviction]) {
        if evictions.is_empty() {
            return;
        }
        for eviction in evictions {
            self.inner.process.evict(eviction);
        }
        observe::evicted(evictions, Source::Own);
        self.inner.send_out(evictions.to_vec()).await;
    }

    /// Forgets everything that this process holds. Afterwards every read is a miss, and nothing is stored.
    pub async fn close(&self) {
        self.inner.process.close();
        std::future::ready(()).await;
    }
}

impl Inner {
    /// The JSON of a value that may be cached.
    pub(crate) fn encode<T: Serialize + ?Sized>(&self, namespace: &'static str, value: &T) -> Option<Bytes> {
        match serde_json::to_vec(value) {
            Ok(json) if json.len() <= self.settings.largest_value => Some(json.into()),
            Ok(json) => {
                tracing::debug!(namespace, bytes = json.len(), "a value is too large to be cached");
                None
            }
            Err(error) => {
                tracing::warn!(namespace, %error, "a value has no JSON and is not cached");
                None
            }
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("hearing", &self.inner.process.hearing()).finish_non_exhaustive()
    }
}
