//! Starting and ending a service's use of the database.

use std::time::Duration;

use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{ConnectError, Connector, Database, DatabaseSettings, Policy};
use wh_schema::migrations::{self, MigrationError, Progress, Report, Target};

/// Why the data layer did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database could not be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database is not, and could not be brought, in the shape that this version needs.
    #[error(transparent)]
    Migrate(#[from] MigrationError),
    /// The server secrets make no key ring.
    #[error(transparent)]
    Keys(#[from] wh_crypto::CryptoError),
    /// The server secrets do not read what the database holds, or that could not be looked at.
    #[error(transparent)]
    Secrets(#[from] wh_repo::Error),
    /// The plans that the configuration changes do not fit together.
    #[error(transparent)]
    Plans(#[from] wh_plans::PlanError),
    /// The settings of the cache make no sense.
    #[cfg(feature = "cache")]
    #[error(transparent)]
    Cache(#[from] wh_cache::CacheError),
    /// The identity of the database, which keeps its entries in Redis apart, cannot be read.
    #[cfg(feature = "redis")]
    #[error("which installation this database is cannot be read: {0}")]
    Installation(#[source] wh_repo::Error),
    /// The configuration names a Redis, and this build has none.
    #[cfg(all(feature = "cache", not(feature = "redis")))]
    #[error(
        "redis.addr is set, and this program was built without Redis: remove it, or build with the feature `redis`"
    )]
    NoRedis,
    /// The mailer cannot be set up as the configuration says.
    #[cfg(feature = "mail")]
    #[error(transparent)]
    Mail(#[from] wh_mail::MailError),
}

/// The database, ready for use: reached, migrated to the version of this build, and readable with the keys at hand.
#[derive(Clone, Debug)]
pub struct DataLayer {
    pub(crate) db: Database,
    #[cfg(feature = "mail")]
    pub(crate) mailer: wh_mail::Mailer,
}

impl DataLayer {
    /// Connects, migrates, sets up the pool (`Connect` of the reference) and looks whether the keys read what is stored
    /// ([`Secrets::check`](wh_repo::Secrets::check)). Several processes may start at once: one of them migrates, the others
    /// wait for it.
    ///
    /// # Errors
    /// [`StartError::Connect`], which names the hosts that were tried; [`StartError::Migrate`], among others for a
    /// database that an earlier migration left half-way, which is refused with its version and what to do;
    /// [`StartError::Secrets`] before any traffic where a key is missing, with those that there are and those that it takes.
    pub async fn open(settings: DatabaseSettings, keys: KeyRing, plans: Plans) -> Result<Self, StartError> {
        Self::open_with(settings.clone(), settings, keys, plans).await
    }

    /// As [`open`](Self::open), migrating over a connection of its own: past a pooler, or in another role.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(
        direct: DatabaseSettings,
        settings: DatabaseSettings,
        keys: KeyRing,
        plans: Plans,
    ) -> Result<Self, StartError> {
        let db = Self::connect(direct, settings, keys, plans).await?;
        Ok(Self {
            db,
            #[cfg(feature = "mail")]
            mailer: wh_mail::Mailer::disabled(),
        })
    }

    pub(crate) async fn connect(
        direct: DatabaseSettings,
        settings: DatabaseSettings,
        keys: KeyRing,
        plans: Plans,
    ) -> Result<Database, StartError> {
        let report = Self::migrate(direct, Target::Latest, log).await?;
        tracing::info!(version = report.to, applied = report.steps.len(), "the database is up to date");
        let ring = keys.ids();
        let db = Database::connect(settings, keys, plans).await?;
        let recorded = db.secrets().check().await?;
        for key in
            ring.iter().skip(1).filter(|id| !recorded.is_empty() && recorded.iter().all(|key| key.id != **id))
        {
            tracing::info!(%key, "a previous secret is not needed any more: it can be taken out of the configuration");
        }
        Ok(db)
    }

    /// Brings the database to a version, with word of each step.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn migrate(
        settings: DatabaseSettings,
        target: Target,
        on_progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Report, StartError> {
        let connection = Connector::new(settings)?.connect().await?;
        Ok(migrations::migrate(connection, target, on_progress).await?)
    }

    /// The repositories.
    #[must_use]
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// The same data layer, whose operations go by this policy: [`Database::with_policy`].
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.db = self.db.with_policy(policy);
        self
    }

    /// The same data layer, whose repositories read through this cache: [`Database::with_cache`].
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn with_cache(mut self, cache: wh_cache::Cache) -> Self {
        self.db = self.db.with_cache(cache);
        self
    }

    /// The cache that the repositories read through, if there is one; other values may be kept in it, too. What is deleted
    /// through it is deleted in every process.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache(&self) -> Option<&wh_cache::Cache> {
        self.db.cache()
    }

    /// The mailer. Without a configuration, or without a mail server in it, it is disabled and sends nothing.
    #[cfg(feature = "mail")]
    #[must_use]
    pub const fn mailer(&self) -> &wh_mail::Mailer {
        &self.mailer
    }

    /// Ends what runs in the background: takes no more mail and sends what was taken on as far as `deadline` allows, then leaves
    /// the cache. The repositories go on without either, until the connections of the pool close with the last clone of
    /// the data layer (`Close` of the reference).
    #[cfg_attr(not(feature = "mail"), expect(unused_variables, reason = "only mail takes time"))]
    #[cfg_attr(
        not(any(feature = "cache", feature = "mail")),
        expect(clippy::unused_async, reason = "nothing runs in the background")
    )]
    pub async fn shutdown(&self, deadline: Duration) -> Ended {
        #[cfg(feature = "mail")]
        let mail = self.mailer.shutdown(deadline).await;
        #[cfg(feature = "cache")]
        if let Some(cache) = self.db.cache() {
            cache.close().await;
        }
        Ended {
            #[cfg(feature = "mail")]
            mail,
        }
    }
}

/// What a shutdown came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// The mails that were sent, that failed, and that were left.
    #[cfg(feature = "mail")]
    pub mail: wh_mail::Drained,
}

fn log(progress: Progress) {
    tracing::info!(?progress, "migrating");
}
