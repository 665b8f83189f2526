//! Reads that may be answered by the cache.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wh_cache::{Cache, Namespace};
use wh_crypto::KeyRing;
use wh_schema::rows::{App, User, Worker};
use wh_types::{AppId, KeyHash, UserId};

use super::rows::{APPS, APPS_BY_NAME, APPS_OF_USER, Cacheable, CachedWorker, USERS, WORKERS, of_user};
use super::user::CachedUser;
use crate::error::{Error, Result};
use crate::page::Page;

/// Longest name that is looked up in the cache. No app has a longer one.
const LONGEST_NAME: usize = 64;

/// Reads that go through the cache, where there is one.
#[derive(Clone, Copy)]
pub(crate) struct ReadThrough<'a> {
    cache: Option<&'a Cache>,
    keys: &'a KeyRing,
}

impl<'a> ReadThrough<'a> {
    pub(super) const fn new(cache: Option<&'a Cache>, keys: &'a KeyRing) -> Self {
        Self { cache, keys }
    }

    /// Reads past the cache.
    pub(crate) const fn off(keys: &'a KeyRing) -> Self {
        Self { cache: None, keys }
    }

    pub(crate) async fn user<L>(self, id: UserId, load: impl FnOnce() -> L + Send) -> Result<Option<User>>
    where
        L: Future<Output = Result<Option<User>>> + Send,
    {
        let load = async || Ok::<_, Error>(load().await?.map(CachedUser));
        let user = self.through(&USERS, &id, load).await?;
        Ok(user.map(|CachedUser(user)| user))
    }

    pub(crate) async fn app<L>(self, id: AppId, load: impl FnOnce() -> L + Send) -> Result<Option<App>>
    where
        L: Future<Output = Result<Option<App>>> + Send,
    {
        self.through(&APPS, &id, load).await
    }

    pub(crate) async fn app_by_name<L>(
        self,
        user: UserId,
        name: &str,
        load: impl FnOnce() -> L + Send,
    ) -> Result<Option<App>>
    where
        L: Future<Output = Result<Option<App>>> + Send,
    {
        if name.len() > LONGEST_NAME {
            return load().await;
        }
        self.through(&APPS_BY_NAME, of_user(user, name).as_str(), load).await
    }

    /// Only the first page of the usual length: another one would have to be evicted by a name that nobody knows.
    pub(crate) async fn apps<L>(
        self,
        user: UserId,
        page: Page<AppId>,
        load: impl FnOnce() -> L + Send,
    ) -> Result<Vec<App>>
    where
        L: Future<Output = Result<Vec<App>>> + Send,
    {
        if page != Page::default() {
            return load().await;
        }
        let loaded = self.through(&APPS_OF_USER, &user, async || load().await.map(Some)).await?;
        Ok(loaded.unwrap_or_default())
    }

    /// The worker that an API key with this hash belongs to.
    pub(crate) async fn worker<L>(self, hash: &str, load: impl FnOnce() -> L + Send) -> Result<Option<Worker>>
    where
        L: Future<Output = Result<Option<Worker>>> + Send,
    {
        let key = self.keys.cache_key(hash);
        let load = async || Ok::<_, Error>(load().await?.map(CachedWorker::without_hash));
        let worker = self.through(&WORKERS, key.as_str(), load).await?;
        Ok(worker.map(|worker| worker.with_hash(KeyHash::new(hash.to_owned()))))
    }

    async fn through<K, V, L>(
        self,
        namespace: &Namespace<K, V>,
        key: &K,
        load: impl FnOnce() -> L + Send,
    ) -> Result<Option<V>>
    where
        K: Display + Sync + ?Sized,
        V: Cacheable + Serialize + DeserializeOwned + Send + Sync,
        L: Future<Output = Result<Option<V>>> + Send,
    {
        let Some(cache) = self.cache else { return load().await };
        let load = async || match load().await {
            Ok(Some(value)) if value.holds_a_secret() => Err(NotKept::Secret(value)),
            Ok(value) => Ok(value),
            Err(error) => Err(NotKept::Error(error)),
        };
        match cache.get_or_load(namespace, key, load).await {
            Ok(value) => Ok(value),
            Err(NotKept::Secret(value)) => Ok(Some(value)),
            Err(NotKept::Error(error)) => Err(error),
        }
    }
}

/// What goes to whoever asked, and not into the cache.
enum NotKept<V> {
    Secret(V),
    Error(Error),
}
