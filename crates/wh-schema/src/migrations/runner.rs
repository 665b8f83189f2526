//! Running the steps, on a thread where waiting is allowed.

use std::time::Duration;

use diesel_async::AsyncPgConnection;

use super::blocking::{Conn, blocking};
use super::harness::Harness;
use super::ledger::{self, Ledger, NOTHING};
use super::{Entry, Migration, MigrationError, Progress, Report, Status, Target, check, lock, plan};

/// A set of migrations and how patiently they are run.
#[derive(Clone, Debug)]
pub struct Migrator {
    migrations: Vec<Migration>,
    lock_wait: Duration,
    lock_timeout: Duration,
}

impl Default for Migrator {
    fn default() -> Self {
        Self::new()
    }
}

impl Migrator {
    /// The embedded migrations, 5 minutes of patience with another runner, and 10 s with other transactions.
    #[must_use]
    pub fn new() -> Self {
        Self::with_migrations(super::all().to_vec())
    }

    /// Other migrations than the embedded ones; for tests of the runner.
    #[must_use]
    pub fn with_migrations(mut migrations: Vec<Migration>) -> Self {
        migrations.sort_by_key(|migration| migration.version);
        Self { migrations, lock_wait: Duration::from_mins(5), lock_timeout: Duration::from_secs(10) }
    }

    /// How long to wait for another runner to finish.
    #[must_use]
    pub fn lock_wait(self, at_most: Duration) -> Self {
        Self { lock_wait: at_most, ..self }
    }

    /// How long a migration may wait for a lock that another transaction holds; zero is for ever. A file that runs
    /// outside a transaction waits as long as it has to: nobody queues behind it.
    #[must_use]
    pub fn lock_timeout(self, at_most: Duration) -> Self {
        Self { lock_timeout: at_most, ..self }
    }

    /// [`migrate`](super::migrate) with these settings.
    ///
    /// # Errors
    /// As there.
    pub async fn migrate(
        self,
        conn: AsyncPgConnection,
        target: Target,
        mut on_progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Report, MigrationError> {
        blocking(conn, move |conn| {
            self.locked(conn, &mut on_progress, |conn, waited, on_progress| {
                check::encoding(conn)?;
                ledger::ensure(conn)?;
                let from = plan::current(&self.migrations, ledger::read(conn)?)?;
                let to = plan::end(&self.migrations, from, target)?;
                let (migrations, lock_timeout) = (&self.migrations, self.lock_timeout);
                let harness = Harness { conn, migrations, lock_timeout, on_progress, steps: Vec::new() };
                Ok(Report { from, to, steps: harness.bring(from, to)?, waited })
            })
        })
        .await
    }

    /// [`status`](super::status) for these migrations.
    ///
    /// # Errors
    /// As there.
    pub async fn status(self, conn: AsyncPgConnection) -> Result<Status, MigrationError> {
        blocking(conn, move |conn| {
            let Ledger { version, dirty } = ledger::read(conn)?;
            let entry = |migration: &Migration| Entry {
                version: migration.version,
                slug: migration.slug,
                applied: migration.version <= version,
            };
            let version = if version == NOTHING && !dirty { 0 } else { version };
            Ok(Status { version, dirty, entries: self.migrations.iter().map(entry).collect() })
        })
        .await
    }

    /// [`force`](super::force) for these migrations.
    ///
    /// # Errors
    /// As there.
    pub async fn force(self, conn: AsyncPgConnection, version: i64) -> Result<(), MigrationError> {
        blocking(conn, move |conn| {
            self.locked(conn, &mut |_| (), |conn, _, _| {
                let ledger = Ledger::clean(match version {
                    NOTHING | 0 => NOTHING,
                    version => plan::known(&self.migrations, version)?,
                });
                ledger::ensure(conn)?;
                ledger::write(conn, ledger)
                    .map_err(MigrationError::database("write the ledger public.schema_migrations"))
            })
        })
        .await
    }

    /// Does `work` while no other runner is at work.
    fn locked<R>(
        &self,
        conn: &mut Conn,
        on_progress: &mut dyn FnMut(Progress),
        work: impl FnOnce(&mut Conn, Duration, &mut dyn FnMut(Progress)) -> Result<R, MigrationError>,
    ) -> Result<R, MigrationError> {
        let waited = lock::take(conn, self.lock_wait, on_progress)?;
        let outcome = work(conn, waited, on_progress);
        lock::release(conn);
        outcome
    }
}
