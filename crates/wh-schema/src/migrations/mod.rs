//! The embedded migrations and their runner, which keeps golang-migrate's ledger.
//!
//! The ledger is the table `public.schema_migrations` with at most one row. Before a migration, its row is committed as
//! dirty; the clean row is committed together with the migration. A dirty ledger is refused until somebody has looked
//! and said where the database stands ([`force`]).
//!
//! One runner works at a time. The others poll for an advisory lock (waiting inside Postgres would deadlock with
//! `CREATE INDEX CONCURRENTLY`), and then find nothing left to do. It is golang-migrate's own lock, in both spellings
//! that it has, so its command and this runner keep each other out as well.

mod blocking;
mod check;
mod embedded;
mod error;
mod failure;
mod harness;
mod ledger;
mod lock;
mod plan;
mod progress;
mod runner;
mod script;
mod statements;

use diesel_async::AsyncPgConnection;

pub use embedded::{Migration, all, fingerprint};
pub use error::MigrationError;
pub use progress::{Direction, Entry, Progress, Report, Status, Step, Target};
pub use runner::Migrator;

/// Brings the schema to `target` with the embedded migrations.
///
/// Consumes the connection, which has to be a direct one (no pooler between), and sets on it what a migration needs:
/// no statement time-out, and at most 10 s of waiting for another transaction's locks. Waits up to 5 minutes for
/// another runner to finish. Once begun it goes on even if the future is dropped.
///
/// # Errors
/// See [`MigrationError`]; nothing is run on a ledger that is dirty or not ours.
pub async fn migrate(
    conn: AsyncPgConnection,
    target: Target,
    on_progress: impl FnMut(Progress) + Send + 'static,
) -> Result<Report, MigrationError> {
    Migrator::new().migrate(conn, target, on_progress).await
}

/// Where the schema stands, without changing or waiting for anything.
///
/// # Errors
/// [`MigrationError::Database`] where the ledger cannot be read. A dirty ledger is no error here.
pub async fn status(conn: AsyncPgConnection) -> Result<Status, MigrationError> {
    Migrator::new().status(conn).await
}

/// Says that the schema stands at `version`, cleanly, and runs nothing: what `migrate force` of golang-migrate does.
/// 0 says that nothing is applied, and so does -1, which is how golang-migrate spells it.
///
/// # Errors
/// [`MigrationError::UnknownTarget`] for a version that has no file, which golang-migrate would accept and then
/// stumble over; [`MigrationError::Locked`] while another runner is at work.
pub async fn force(conn: AsyncPgConnection, version: i64) -> Result<(), MigrationError> {
    Migrator::new().force(conn, version).await
}
