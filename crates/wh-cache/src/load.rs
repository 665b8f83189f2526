//! Reading through the cache.

use std::{
    fmt::Display,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cache::Cache,
    inner::{InRedis, Inner},
    namespace::Namespace,
    observe::{self, Tier},
    process::{Body, Lead, Outcome, Part},
};

impl Cache {
    /// The value of a key; if nobody has it, `load` is asked, and its answer kept.
    ///
    /// `None` is an answer too, and is kept for the namespace's [`absent_ttl`](Namespace::absent_ttl). Of many callers that ask for one
    /// key in this process one loads and the others wait for it; if it is dropped or panics, another takes over. What
    /// was being loaded while the key was evicted is not kept, and not given to anybody who asks later. `load` must not ask
    /// this cache for the same key. A value must not be one that JSON writes as `null`.
    ///
    /// # Errors
    /// What `load` returns, and nothing else. Callers that waited for a load that failed load for themselves.
    pub async fn get_or_load<K, V, E, F, L>(
        &self,
        namespace: &Namespace<K, V>,
        key: &K,
        load: F,
    ) -> Result<Option<V>, E>
    where
        K: Display + Sync + ?Sized,
        V: Serialize + DeserializeOwned + Send + Sync,
        E: Send,
        F: FnOnce() -> L + Send,
        L: Future<Output = Result<Option<V>, E>> + Send,
    {
        let (name, key) = (namespace.name(), namespace.key(key));
        loop {
            if let Some(value) = self.inner.in_process(name, &key).await {
                return Ok(value);
            }
            match self.inner.process.join(&key) {
                Part::Lead(leader) => return self.inner.lead(namespace, &key, leader, load).await,
                Part::Wait(mut outcome) => {
                    let ended = outcome.wait_for(|outcome| !matches!(outcome, Outcome::Pending)).await;
                    match ended.map(|outcome| outcome.clone()) {
                        Ok(Outcome::Found(body)) => match body.value() {
                            Some(value) => {
                                observe::hit(Tier::Process, name);
                                return Ok(value);
                            }
                            None => return timed(name, load).await,
                        },
                        Ok(_) => return timed(name, load).await,
                        // Whoever loaded is gone without a word.
                        Err(_) => {}
                    }
                }
            }
        }
    }
}

impl Inner {
    /// Asks Redis, then the source, and keeps the answer in both tiers.
    async fn lead<K, V, E, F, L>(
        self: &Arc<Self>,
        namespace: &Namespace<K, V>,
        key: &str,
        leader: Lead,
        load: F,
    ) -> Result<Option<V>, E>
    where
        K: ?Sized,
        V: Serialize + DeserializeOwned + Send + Sync,
        E: Send,
        F: FnOnce() -> L + Send,
        L: Future<Output = Result<Option<V>, E>> + Send,
    {
        let lease = match self.in_redis(namespace.name(), key, true).await {
            InRedis::Value(value, body, left) => {
                let longest = life(namespace, &body);
                self.process.store(key, body.clone(), left.unwrap_or(longest).min(longest), leader.ticket());
                leader.finish(Outcome::Found(body));
                return Ok(value);
            }
            InRedis::Missing(lease) => lease,
        };
        observe::miss(namespace.name());
        let loaded = timed(namespace.name(), load).await;
        let body = loaded.as_ref().ok().and_then(|value| self.body(namespace.name(), value.as_ref()));
        let Some(body) = body else {
            leader.finish(Outcome::Failed);
            return loaded;
        };
        let life = life(namespace, &body);
        let fresh = match (&self.redis, lease) {
            _ if life.is_zero() => false,
            (Some(redis), Some(lease)) => redis.store(key, &body, life, lease).await,
            _ => true,
        };
        if fresh {
            self.process.store(key, body.clone(), life, leader.ticket());
        }
        leader.finish(Outcome::Found(body));
        loaded
    }

    fn body<V: Serialize>(&self, namespace: &'static str, value: Option<&V>) -> Option<Body> {
        match value {
            None => Some(Body::Absent),
            Some(value) => self.encode(namespace, value),
        }
    }
}

fn life<K: ?Sized, V>(namespace: &Namespace<K, V>, body: &Body) -> Duration {
    match body {
        Body::Present(_) => namespace.ttl(),
        Body::Absent => namespace.absent_ttl(),
    }
}

async fn timed<V, E, L>(namespace: &'static str, load: impl FnOnce() -> L) -> Result<Option<V>, E>
where
    L: Future<Output = Result<Option<V>, E>>,
{
    let begin = Instant::now();
    let loaded = load().await;
    let found = loaded.as_ref().is_ok_and(Option::is_some);
    observe::loaded(namespace, begin.elapsed(), found, loaded.is_err());
    loaded
}
