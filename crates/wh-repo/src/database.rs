//! The database as its users see it.

#[cfg(feature = "redis")]
mod installation;

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use wh_crypto::{BackupCodePool, KeyRing};
use wh_plans::Plans;
use wh_types::ResourceLimits;

use crate::audit::Audit;
use crate::cache::RowCache;
use crate::engine::listener::Listener;
use crate::engine::pool::{ConnectError, Connector, DatabaseSettings, Pool};
use crate::engine::{Executor, Inner, join_caches};
use crate::engine::{Tx, transaction};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::secrets::Secrets;
use crate::upkeep::Maintenance;

/// A pool of connections, the keys of the encrypted columns and the plans: everything that the repositories work with.
/// Cheap to clone; all clones share the pool.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (open, idle) = self.connections();
        f.debug_struct("Database").field("connections", &open).field("idle", &idle).finish_non_exhaustive()
    }
}

impl Database {
    /// Connects once, to fail early and with the true reason, and sets up the pool. Does not migrate: the facade's start
    /// does, or [`wh_schema::migrations::migrate`] over [`Connector::connect`]. Part of `Connect` of the reference.
    ///
    /// Must be called within a tokio runtime, which must outlive the database.
    ///
    /// # Errors
    /// [`ConnectError`]: settings that cannot be used, or which hosts were tried and what they answered.
    pub async fn connect(
        settings: DatabaseSettings,
        keys: KeyRing,
        plans: Plans,
    ) -> Result<Self, ConnectError> {
        let connector = Connector::new(settings)?;
        drop(connector.connect().await?);
        Ok(Self::lazy(connector, keys, plans))
    }

    /// As [`connect`](Self::connect), but without reaching for the database: the first operation does, and says
    /// [`Error::Unavailable`] with the reason where it fails.
    #[must_use]
    pub fn lazy(connector: Connector, keys: KeyRing, plans: Plans) -> Self {
        let listener = Listener::new(connector.direct().cloned(), Handle::current());
        let pool = Pool::lazy(connector, keys.current_id());
        let codes = hashing_pool();
        let cache = RowCache::default();
        let inner = Arc::new_cyclic(|me| Inner {
            pool,
            listener,
            keys,
            plans,
            policy: OnceLock::new(),
            default_limits: OnceLock::new(),
            codes,
            cache,
            me: me.clone(),
        });
        Self { inner }
    }

    /// The same database, which reads users, apps and workers through a cache and takes out of it what it changes. A cache
    /// without Redis is joined to those of the other processes through Postgres itself (NOTIFY).
    ///
    /// All clones share it, and the first cache that is given stays: to be called once, before the database is used.
    #[must_use]
    pub fn with_cache(self, cache: wh_cache::Cache) -> Self {
        self.inner.cache.attach(|| join_caches(&self.inner, cache));
        self
    }

    /// The same database, whose operations go by this policy.
    ///
    /// All clones share it, and the first policy that is given stays: to be called once, before the database is used.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        self.inner.policy.get_or_init(|| policy);
        self
    }

    /// The cache that the repositories read through, joined to those of the other processes: what is deleted through it is
    /// deleted everywhere. None before [`with_cache`](Self::with_cache).
    #[must_use]
    pub fn cache(&self) -> Option<&wh_cache::Cache> {
        self.inner.cache.get()
    }

    /// The same database, in which an app whose deployment names no limits gets these, as far as the plan allows them
    /// (`container.default_*`). Without it such an app gets all that the plan allows, and 256 processes. All clones share
    /// them, and the first that are given stay: to be called once, before the database is used.
    #[must_use]
    pub fn with_default_limits(self, limits: ResourceLimits) -> Self {
        self.inner.default_limits.get_or_init(|| limits);
        self
    }

    /// Runs `work` in a transaction: committed when it returns `Ok`, rolled back when it returns an error or when the
    /// future is dropped. An expected refusal ([`Error::Conflict`], [`Error::NotFound`], …) of an operation inside
    /// leaves the transaction usable; after [`Error::Unavailable`] or another failed statement it is lost, and `Ok`
    /// from the closure is turned into an error rather than into a silent rollback.
    ///
    /// Costs the round trips of the operations inside and one for COMMIT; BEGIN travels with the first of them.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Unavailable`] where the transaction could not be committed.
    pub async fn transaction<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: AsyncFnOnce(&Tx<'_>) -> Result<R, E>,
        E: From<Error>,
    {
        transaction::enclose(&self.inner, "transaction", work).await
    }

    /// How many connections the pool has open, and how many of them are idle.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        self.inner.pool.size()
    }

    /// The plans that limits are taken from; replacing them there is seen by the next operation.
    #[must_use]
    pub fn plans(&self) -> &Plans {
        &self.inner.plans
    }

    /// The keys that the database was written with, and all encrypted values.
    #[must_use]
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets { executor: self.executor() }
    }

    /// The audit trail as a whole.
    #[must_use]
    pub fn audit(&self) -> Audit<'_> {
        Audit { executor: self.executor() }
    }

    /// What the database needs done now and then. Not to be had in a transaction, since it makes its own.
    #[must_use]
    pub fn maintenance(&self) -> Maintenance<'_> {
        Maintenance { inner: &self.inner }
    }

    pub(crate) fn executor(&self) -> Executor<'_> {
        Executor::Pool(&self.inner)
    }
}

/// As many hashes at a time as there are processors, of which each keeps one busy.
fn hashing_pool() -> BackupCodePool {
    BackupCodePool::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
}
