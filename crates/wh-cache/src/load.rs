//! Reading through the cache.

use std::{fmt::Display, time::Instant};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cache::Cache,
    namespace::Namespace,
    observe::{self, Tier},
    process::{Body, Outcome, Part},
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
            if let Some(body) = self.inner.process.get(&key) {
                if let Some(value) = body.value() {
                    observe::hit(Tier::Process, name);
                    return Ok(value);
                }
                observe::corrupt(Tier::Process);
                self.delete(&key).await;
            }
            match self.inner.process.join(&key) {
                Part::Lead(leader) => {
                    let ticket = leader.ticket();
                    observe::miss(name);
                    let loaded = timed(name, load).await;
                    let body = loaded.as_ref().ok().and_then(|value| self.inner.body(name, value.as_ref()));
                    if let Some(body) = &body {
                        let life = match body {
                            Body::Present(_) => namespace.ttl(),
                            Body::Absent => namespace.absent_ttl(),
                        };
                        self.inner.process.store(&key, body.clone(), life, ticket);
                    }
                    leader.finish(body.map_or(Outcome::Failed, Outcome::Found));
                    return loaded;
                }
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

impl crate::cache::Inner {
    fn body<V: Serialize>(&self, namespace: &'static str, value: Option<&V>) -> Option<Body> {
        match value {
            None => Some(Body::Absent),
            Some(value) => self.encode(namespace, value).map(Body::Present),
        }
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
