//! Starting and ending a service's use of the database.

use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{ConnectError, Connector, Database, DatabaseSettings};
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
    /// The plans that the configuration changes do not fit together.
    #[error(transparent)]
    Plans(#[from] wh_plans::PlanError),
}

/// The database, ready for use: reached, and migrated to the version of this build.
#[derive(Clone, Debug)]
pub struct DataLayer {
    db: Database,
}

impl DataLayer {
    /// Connects, migrates and sets up the pool (`Connect` of the reference). Several processes may start at once: one of
    /// them migrates, the others wait for it.
    ///
    /// # Errors
    /// [`StartError::Connect`], which names the hosts that were tried; [`StartError::Migrate`], among others for a
    /// database that an earlier migration left half-way, which is refused with its version and what to do.
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
        let report = Self::migrate(direct, Target::Latest, log).await?;
        tracing::info!(version = report.to, applied = report.steps.len(), "the database is up to date");
        Ok(Self { db: Database::connect(settings, keys, plans).await? })
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
}

fn log(progress: Progress) {
    tracing::info!(?progress, "migrating");
}
