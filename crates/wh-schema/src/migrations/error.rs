//! Errors of the runner, each with what to do.

use std::time::Duration;

use super::Direction;

/// Why a migration was not run, or did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A migration began here and did not end, or was not seen to end.
    #[error(
        "the schema is dirty at version {version}: a migration to it did not end ({}). {}",
        culprits(*.version, *.latest, .files),
        if *.version > *.latest {
            "Use the build that has it, or a newer one"
        } else {
            "Check which of its changes are in the database and complete or undo them, then record the version: \
             `wh-data migrate force N`"
        }
    )]
    Dirty {
        /// The version that the ledger names: where the migration was going.
        version: i64,
        /// The last version that this build has.
        latest: i64,
        /// The files that lead there, from below and from above; empty if this build has none of them.
        files: Vec<String>,
    },

    /// The schema is newer than this build.
    #[error(
        "the schema is at version {version}, this build has migrations up to {latest}: a newer build migrated this \
         database. Run that build, or migrate down with it first"
    )]
    LedgerAhead {
        /// The version that the ledger names.
        version: i64,
        /// The last version that this build has.
        latest: i64,
    },

    /// The ledger is somebody else's, or was changed by hand.
    #[error(
        "public.schema_migrations holds {found}, expected one row with a version that has a file in migrations/ and \
         dirty = false. Is this the right database? If it is, `wh-data migrate force N` sets the version"
    )]
    ForeignLedger {
        /// Content of the ledger.
        found: String,
    },

    /// A version was asked for that has no file.
    #[error("there is no migration {version}: versions go from 0 (nothing applied) to {latest}")]
    UnknownTarget {
        /// The version that was asked for.
        version: i64,
        /// The last version that this build has.
        latest: i64,
    },

    /// Another runner kept the lock.
    #[error(
        "another runner has been migrating this database for {} s, gave up waiting. It holds an advisory lock \
         (pg_locks, locktype = 'advisory'); try again when it is done, or end its session",
        .waited.as_secs()
    )]
    Locked {
        /// How long it was waited for.
        waited: Duration,
    },

    /// Rows stand in the way of a migration. It was not begun: the ledger is clean.
    #[error(
        "{file} was not begun, the schema stays at version {version}. {reason} Found: {}{}",
        .findings.join("; "),
        if *.more > 0 { format!("; and {} more", .more) } else { String::new() }
    )]
    Refused {
        /// The file.
        file: String,
        /// The version that the schema is at, cleanly.
        version: i64,
        /// Problem and remedy: the first comment of the check file.
        reason: String,
        /// The rows, by their ids; at most [`Self::FINDINGS`].
        findings: Vec<String>,
        /// How many rows are not listed.
        more: usize,
    },

    /// The database's encoding cannot hold what people write.
    #[error(
        "the database has the encoding {encoding}, expected UTF8. An encoding cannot be changed: create another database \
         (`CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`), load a dump of this one into it, and migrate that"
    )]
    Encoding {
        /// The encoding that it has.
        encoding: String,
    },

    /// A migration waited too long for another transaction's lock, or lost a deadlock. It was rolled back and the ledger is as
    /// it was before: trying again is safe.
    #[error(
        "{file} waited in vain for a lock that another transaction holds (at most {} s), and was rolled back; the schema \
         is unchanged. End the long transaction (pg_stat_activity, state = 'idle in transaction'), then try again",
        .waited.as_secs_f32()
    )]
    Blocked {
        /// The file.
        file: String,
        /// The lock time-out.
        waited: Duration,
    },

    /// Postgres refused a migration.
    #[error(
        "{file}{}: {message}. {} The ledger is dirty at version {ledger}: mend the cause, then \
         `wh-data migrate force {before}`, and migrate again",
        .line.map(|line| format!(", line {line}")).unwrap_or_default(),
        if *.rolled_back { "It was rolled back, nothing of it is in the database." }
        else { "It ran outside a transaction: look at what it left, such as an invalid index, and drop that." }
    )]
    Failed {
        /// Its number.
        version: i64,
        /// Its name.
        slug: &'static str,
        /// Which of its files.
        direction: Direction,
        /// That file, as one finds it in the repository.
        file: String,
        /// The line that Postgres points at, where it points.
        line: Option<usize>,
        /// The server's message and hint. Its detail stays out: it quotes rows.
        message: String,
        /// True where the whole file was undone.
        rolled_back: bool,
        /// The version that the ledger now names.
        ledger: i64,
        /// The version before the migration, 0 if nothing was applied.
        before: i64,
    },

    /// The connection went away while a migration ran.
    #[error(
        "the connection was lost while {file} ran: {message}. The ledger may be dirty at version {ledger}; \
         `wh-data migrate status` tells"
    )]
    Interrupted {
        /// The file.
        file: String,
        /// Message of the driver.
        message: String,
        /// The version that the ledger names if it is dirty.
        ledger: i64,
    },

    /// A file that runs outside a transaction holds more than its one statement.
    #[error(
        "{file} begins with `-- wh: no-transaction` and holds {found} statements, expected exactly one: Postgres \
         would run several as one transaction. Split it into several migrations"
    )]
    NotOneStatement {
        /// The file.
        file: String,
        /// How many there are.
        found: usize,
    },

    /// Postgres refused something else, or cannot be reached.
    #[error("cannot {doing}: {message}")]
    Database {
        /// The action that failed.
        doing: &'static str,
        /// Message of the server or the driver.
        message: String,
    },
}

impl MigrationError {
    /// How many findings of a check are listed.
    pub const FINDINGS: usize = 20;

    pub(super) fn database(doing: &'static str) -> impl FnOnce(diesel::result::Error) -> Self {
        move |error| Self::Database { doing, message: error.to_string() }
    }
}

/// The files that lead to a version, or that this build has none.
fn culprits(version: i64, latest: i64, files: &[String]) -> String {
    if files.is_empty() {
        format!("this build has no migration {version}, its last one is {latest}")
    } else {
        files.join(" or ")
    }
}
