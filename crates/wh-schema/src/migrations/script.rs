//! One file of a migration, in the form that Diesel's harness takes.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{self, MigrationMetadata, MigrationName, MigrationVersion};
use diesel::pg::Pg;

use super::ledger::NOTHING;
use super::{Direction, Migration, MigrationError, statements};

/// First line of a file that runs outside a transaction.
const NO_TRANSACTION: &str = "-- wh: no-transaction";

/// A file, and the version that the ledger names once it has run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub migration: Migration,
    pub direction: Direction,
    pub leads_to: i64,
}

impl Script {
    pub(super) fn new(migrations: &[Migration], migration: Migration, direction: Direction) -> Self {
        let leads_to = match direction {
            Direction::Up => migration.version,
            Direction::Down => migrations
                .iter()
                .map(|other| other.version)
                .filter(|version| *version < migration.version)
                .max()
                .unwrap_or(NOTHING),
        };
        Self { migration, direction, leads_to }
    }

    /// A version as Diesel has it: text, and sorted as text.
    pub(super) fn version_of(version: i64) -> MigrationVersion<'static> {
        format!("{version:019}").into()
    }

    /// The version that the ledger names before it runs.
    pub(super) fn comes_from(&self, migrations: &[Migration]) -> i64 {
        match self.direction {
            Direction::Up => Self::new(migrations, self.migration, Direction::Down).leads_to,
            Direction::Down => self.migration.version,
        }
    }

    /// Refuses what would not run as its first line promises.
    pub(super) fn check(&self) -> Result<(), MigrationError> {
        let found = statements::count(self.sql());
        if self.run_in_transaction() || found == 1 {
            return Ok(());
        }
        Err(MigrationError::NotOneStatement { file: self.file(), found })
    }

    pub(super) fn file(&self) -> String {
        file_name(&self.migration, self.direction)
    }

    pub(super) const fn sql(&self) -> &'static str {
        self.migration.sql(self.direction)
    }
}

/// The file as one finds it in the repository.
pub(super) fn file_name(migration: &Migration, direction: Direction) -> String {
    format!("migrations/{:04}_{}.{direction}.sql", migration.version, migration.slug)
}

impl MigrationMetadata for Script {
    fn run_in_transaction(&self) -> bool {
        self.sql().lines().next().is_none_or(|line| line.trim_end() != NO_TRANSACTION)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file())
    }
}

impl MigrationName for Script {
    fn version(&self) -> MigrationVersion<'_> {
        Self::version_of(self.migration.version)
    }
}

impl migration::Migration<Pg> for Script {
    fn run(&self, conn: &mut dyn BoxableConnection<Pg>) -> migration::Result<()> {
        Ok(conn.batch_execute(self.migration.up)?)
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<Pg>) -> migration::Result<()> {
        Ok(conn.batch_execute(self.migration.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}
