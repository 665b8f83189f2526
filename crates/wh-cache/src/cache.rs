//! The cache, by key.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{
    bus::Bus,
    eviction::Eviction,
    inlet::Inlet,
    inner::{InRedis, Inner, PATIENCE},
    observe::{self, UNTYPED},
    pattern::is_literal,
    process::{Hearing, ProcessTier},
    settings::CacheSettings,
};
#[cfg(feature = "redis")]
use crate::{
    error::CacheError,
    redis::{RedisSettings, RedisState, RedisTier},
};

/// A cache whose entries are JSON. Cheap to clone; the clones are one cache.
///
/// No operation fails: an error is a miss, which is logged and counted.
#[derive(Clone)]
pub struct Cache {
    pub(crate) inner: Arc<Inner>,
}

impl Cache {
    /// A cache in this process alone.
    #[must_use]
    pub fn in_process(settings: CacheSettings) -> Self {
        observe::describe();
        let process = Arc::new(ProcessTier::new(&settings, Hearing::Alone));
        Self { inner: Arc::new(Inner { settings, process, redis: None, bus: None, leaving: Arc::default() }) }
    }

    /// A cache in this process and in a Redis that other processes share. Evictions travel through Redis.
    ///
    /// If the server cannot be reached within [`start_timeout`](crate::RedisSettings::start_timeout), the cache logs a warning,
    /// starts without it and keeps trying. Needs a runtime that lives as long as the cache.
    ///
    /// # Errors
    /// [`CacheError`](crate::CacheError) for invalid settings, and nothing else.
    #[cfg(feature = "redis")]
    pub async fn start(settings: CacheSettings, redis: RedisSettings) -> Result<Self, CacheError> {
        observe::describe();
        let process = Arc::new(ProcessTier::new(&settings, Hearing::Alone));
        let redis = Some(Arc::new(RedisTier::start(redis, Arc::clone(&process)).await?));
        Ok(Self { inner: Arc::new(Inner { settings, process, redis, bus: None, leaving: Arc::default() }) })
    }

    /// State of the Redis tier. None without one.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn redis_state(&self) -> Option<RedisState> {
        self.inner.redis.as_ref().map(|redis| redis.state())
    }

    /// The same cache, whose evictions go to other processes through `bus`.
    ///
    /// It counts as deaf (entries live for [`deaf_ttl`](CacheSettings::deaf_ttl)) until the listener of the bus calls
    /// [`Inlet::restored`]. A cache with Redis sends evictions through Redis and does not use the bus.
    #[must_use]
    pub fn with_bus(self, bus: Arc<dyn Bus>) -> Self {
        if self.inner.redis.is_none() {
            self.inner.process.deafen();
        }
        Self { inner: Arc::new(Inner { bus: Some(bus), ..(*self.inner).clone() }) }
    }

    /// The inlet for evictions of other processes.
    #[must_use]
    pub fn inlet(&self) -> Inlet {
        Inlet::new(Arc::clone(&self.inner.process), self.inner.redis.is_none())
    }

    /// The value of a key. None if it is unknown or expired, or if it is not a `T`: such an entry is deleted.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        if let Some(value) = self.inner.in_process(UNTYPED, key).await {
            return value;
        }
        let ticket = self.inner.process.ticket(key);
        match self.inner.in_redis(UNTYPED, key, false).await {
            InRedis::Value(value, body, left) => {
                let life = left.unwrap_or(self.inner.settings.default_ttl);
                self.inner.process.store(key, body, life, ticket);
                value
            }
            InRedis::Missing(_) => {
                observe::miss(UNTYPED);
                None
            }
        }
    }

    /// Stores a value for `ttl`, or for the default life if `ttl` is none or zero. Other processes drop their entry.
    ///
    /// A value that has no JSON, or more than [`largest_value`](CacheSettings::largest_value) bytes of it, is not stored and the
    /// key is deleted.
    pub async fn set<T: Serialize + Sync + ?Sized>(&self, key: &str, value: &T, ttl: Option<Duration>) {
        let Some(body) = self.inner.encode(UNTYPED, value) else {
            return self.delete(key).await;
        };
        let life = self.inner.settings.life(ttl);
        let eviction = Eviction::Key(key.to_owned());
        let ticket = if let Some(redis) = &self.inner.redis {
            let announced = redis.announce(std::slice::from_ref(&eviction));
            let ticket = self.inner.process.begin_write(key);
            redis.write(key, &body, life, announced).await;
            ticket
        } else {
            let ticket = self.inner.process.begin_write(key);
            if self.inner.has_others() {
                drop(timeout(PATIENCE, self.inner.send_out(vec![eviction])).await);
            }
            ticket
        };
        self.inner.process.end_write(key, Some((body, life)), ticket);
    }

    /// Deletes one entry in every process.
    pub async fn delete(&self, key: &str) {
        self.evict(&[Eviction::Key(key.to_owned())]).await;
    }

    /// Deletes every entry whose key begins with `prefix`, in every process. No character is special: `user:1*` means a star.
    ///
    /// Scans Redis page by page and returns at its end.
    pub async fn delete_prefix(&self, prefix: &str) {
        self.evict_to_the_end(Eviction::Prefix(prefix.to_owned())).await;
    }

    /// Deletes every entry whose key matches a glob pattern of Redis, in every process. A pattern without `*`, `?` and `[` is a
    /// key.
    pub async fn delete_by_pattern(&self, pattern: &str) {
        let eviction = if is_literal(pattern) { Eviction::Key } else { Eviction::Pattern };
        self.evict_to_the_end(eviction(pattern.to_owned())).await;
    }

    /// Deletes entries in every process. Call it after the commit that made them stale.
    ///
    /// This process forgets them at once. A task tells the others; the caller waits for it up to 100 ms, and it goes on if this
    /// future is dropped.
    pub async fn evict(&self, evictions: &[Eviction]) {
        self.inner.evict(evictions).await;
    }

    /// Forgets all entries of this process, sends pending evictions and disconnects from Redis. Afterwards every read is a miss
    /// and nothing is stored. Waits at most two seconds for evictions that are on their way through a bus.
    pub async fn close(&self) {
        self.inner.process.close();
        match &self.inner.redis {
            Some(redis) => redis.close().await,
            None => self.inner.all_left().await,
        }
    }

    async fn evict_to_the_end(&self, eviction: Eviction) {
        if let Some(leaving) = self.inner.evict_here(&[eviction]) {
            drop(leaving.await);
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("hearing", &self.inner.process.hearing()).finish_non_exhaustive()
    }
}
