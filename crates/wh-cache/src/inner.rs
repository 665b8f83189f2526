//! Both tiers and the way to the other processes.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::{
    bus::Bus,
    eviction::Eviction,
    observe::{self, Source, Tier},
    process::{Body, ProcessTier},
    redis::{Found, Lease, RedisTier},
    settings::CacheSettings,
};

/// Time limit of a caller that waits for evictions to be sent. Sending goes on afterwards.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// Time limit of a cache that is closed while evictions are on their way.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) settings: CacheSettings,
    pub(crate) process: Arc<ProcessTier>,
    pub(crate) redis: Option<Arc<RedisTier>>,
    pub(crate) bus: Option<Arc<dyn Bus>>,
    /// How many batches of evictions are on their way.
    pub(crate) leaving: Arc<watch::Sender<usize>>,
}

/// A batch of evictions that is on its way.
struct Leaving(Arc<watch::Sender<usize>>);

impl Leaving {
    fn begin(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Answer of the Redis tier.
pub(crate) enum InRedis<T> {
    /// A value or an absence; its body; the rest of its life.
    Value(Option<T>, Body, Option<Duration>),
    /// No entry, and perhaps the lease to store the loaded one.
    Missing(Option<Lease>),
}

impl Inner {
    /// Entry of the process tier. `None` if there is no readable one.
    pub(crate) async fn in_process<T: DeserializeOwned>(
        self: &Arc<Self>,
        namespace: &'static str,
        key: &str,
    ) -> Option<Option<T>> {
        let body = self.process.get(key)?;
        let value = body.value();
        if value.is_some() {
            observe::hit(Tier::Process, namespace);
        } else {
            observe::corrupt(Tier::Process);
            self.evict(&[Eviction::Key(key.to_owned())]).await;
        }
        value
    }

    /// Entry of the Redis tier.
    pub(crate) async fn in_redis<T: DeserializeOwned>(
        self: &Arc<Self>,
        namespace: &'static str,
        key: &str,
        lease: bool,
    ) -> InRedis<T> {
        let Some(redis) = &self.redis else {
            return InRedis::Missing(None);
        };
        for _ in 0..2 {
            match redis.read(key, lease).await {
                Found::Body(body, left) => {
                    if let Some(value) = body.value() {
                        observe::hit(Tier::Redis, namespace);
                        return InRedis::Value(value, body, left);
                    }
                }
                Found::Corrupt => {}
                Found::Lease(lease) => return InRedis::Missing(Some(lease)),
                Found::Nothing => break,
            }
            observe::corrupt(Tier::Redis);
            let _ = self.send_out(vec![Eviction::Key(key.to_owned())]).await;
        }
        InRedis::Missing(None)
    }

    /// The body of a value that may be cached.
    pub(crate) fn encode<T: Serialize + ?Sized>(&self, namespace: &'static str, value: &T) -> Option<Body> {
        match serde_json::to_vec(value) {
            Ok(json) if json.len() <= self.settings.largest_value => Some(Body::present(json)),
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

    /// True if other processes may hold entries.
    pub(crate) fn has_others(&self) -> bool {
        self.redis.is_some() || self.bus.is_some()
    }

    /// Sends evictions in a task of their own, so that a dropped caller does not stop them. From now on entries that they cover
    /// are not read from Redis. The task ends when they are delivered.
    pub(crate) fn send_out(self: &Arc<Self>, evictions: Vec<Eviction>) -> JoinHandle<()> {
        let batch = self.redis.as_ref().map(|redis| redis.announce(&evictions));
        let inner = Arc::clone(self);
        let leaving = Leaving::begin(&self.leaving);
        tokio::spawn(async move {
            let _leaving = leaving;
            match (&inner.redis, batch, &inner.bus) {
                (Some(redis), Some(batch), _) => redis.deliver(&batch).await,
                (_, _, Some(bus)) => bus.publish(evictions).await,
                _ => {}
            }
        })
    }

    /// Waits until no eviction is on its way, at most two seconds.
    pub(crate) async fn all_left(&self) {
        let mut leaving = self.leaving.subscribe();
        drop(timeout(LAST_PATIENCE, leaving.wait_for(|count| *count == 0)).await);
    }

    /// Evicts in this process and begins to tell the others.
    pub(crate) fn evict_here(self: &Arc<Self>, evictions: &[Eviction]) -> Option<JoinHandle<()>> {
        if evictions.is_empty() {
            return None;
        }
        // Before this process forgets, so that it does not learn the same again from Redis.
        let leaving = self.has_others().then(|| self.send_out(evictions.to_vec()));
        for eviction in evictions {
            self.process.evict(eviction);
        }
        observe::evicted(evictions, Source::Own);
        leaving
    }

    /// Evicts, and waits up to 100 ms until the others are told.
    pub(crate) async fn evict(self: &Arc<Self>, evictions: &[Eviction]) {
        if let Some(leaving) = self.evict_here(evictions) {
            drop(timeout(PATIENCE, leaving).await);
        }
    }
}
