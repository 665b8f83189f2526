//! Diesel's harness over golang-migrate's ledger: Diesel says what is pending and in which order, this runs one file.

use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::migration::{self, MigrationMetadata, MigrationSource, MigrationVersion, Result};
use diesel::pg::Pg;
use diesel_migrations::MigrationHarness;

use super::blocking::Conn;
use super::ledger::{self, Ledger};
use super::script::Script;
use super::{Direction, Migration, MigrationError, Progress, Step, check, failure, plan};

pub(super) struct Harness<'a> {
    pub conn: &'a mut Conn,
    pub migrations: &'a [Migration],
    pub lock_timeout: Duration,
    pub on_progress: &'a mut dyn FnMut(Progress),
    /// Steps that were run so far.
    pub steps: Vec<Step>,
}

impl Harness<'_> {
    /// Runs what lies between two versions, and gives the steps.
    pub(super) fn bring(mut self, from: i64, to: i64) -> std::result::Result<Vec<Step>, MigrationError> {
        let outcome = if to >= from {
            self.run_pending_migrations(UpTo(self.migrations, to)).map(drop)
        } else {
            plan::between(self.migrations, to, from)
                .try_for_each(|_| self.revert_last_migration(UpTo(self.migrations, from)).map(drop))
        };
        let Err(error) = outcome else { return Ok(self.steps) };
        match error.downcast::<MigrationError>() {
            Ok(error) => Err(*error),
            Err(other) => {
                Err(MigrationError::Database { doing: "run migrations", message: other.to_string() })
            }
        }
    }

    fn step(
        &mut self,
        migration: &dyn migration::Migration<Pg>,
        direction: Direction,
    ) -> Result<MigrationVersion<'static>> {
        let name = migration.name().version().as_owned();
        let version: i64 = name.to_string().parse()?;
        let own = *self.migrations.iter().find(|own| own.version == version).ok_or("it has no file")?;
        let script = Script::new(self.migrations, own, direction);

        check::run(self.conn, self.migrations, script)?;
        // Nobody queues behind a file that runs outside a transaction.
        let patience = if script.run_in_transaction() { self.lock_timeout } else { Duration::ZERO };
        self.conn
            .batch_execute(&format!("set lock_timeout to {}", patience.as_millis()))
            .map_err(MigrationError::database("set lock_timeout"))?;

        (self.on_progress)(Progress::Started { version, slug: own.slug, direction });
        let start = Instant::now();
        self.record(migration, script).map_err(|error| {
            failure::explain(self.migrations, self.lock_timeout, self.conn, script, &*error)
        })?;
        let elapsed = start.elapsed();
        (self.on_progress)(Progress::Finished { version, slug: own.slug, direction, elapsed });
        self.steps.push(Step { version, slug: own.slug, direction, elapsed });
        Ok(name)
    }

    /// Dirty row, file, clean row: the first committed by itself, the last together with the file where that can be.
    fn record(&mut self, migration: &dyn migration::Migration<Pg>, script: Script) -> Result<()> {
        ledger::write(self.conn, Ledger::dirty(script.leads_to))?;
        let body = |conn: &mut Conn| -> Result<()> {
            match script.direction {
                Direction::Up => migration.run(conn)?,
                Direction::Down => migration.revert(conn)?,
            }
            Ok(ledger::write(conn, Ledger::clean(script.leads_to))?)
        };
        if script.run_in_transaction() { Connection::transaction(self.conn, body) } else { body(self.conn) }
    }
}

impl MigrationHarness<Pg> for Harness<'_> {
    fn run_migration(
        &mut self,
        migration: &dyn migration::Migration<Pg>,
    ) -> Result<MigrationVersion<'static>> {
        self.step(migration, Direction::Up)
    }

    fn revert_migration(
        &mut self,
        migration: &dyn migration::Migration<Pg>,
    ) -> Result<MigrationVersion<'static>> {
        self.step(migration, Direction::Down)
    }

    /// Newest first.
    fn applied_migrations(&mut self) -> Result<Vec<MigrationVersion<'static>>> {
        let current = plan::current(self.migrations, ledger::read(self.conn)?)?;
        let applied = self.migrations.iter().rev().filter(|migration| migration.version <= current);
        Ok(applied.map(|migration| Script::version_of(migration.version)).collect())
    }
}

/// The migrations up to a version.
struct UpTo<'a>(&'a [Migration], i64);

impl MigrationSource<Pg> for UpTo<'_> {
    fn migrations(&self) -> Result<Vec<Box<dyn migration::Migration<Pg>>>> {
        Ok(plan::between(self.0, 0, self.1)
            .map(|migration| -> Box<dyn migration::Migration<Pg>> {
                Box::new(Script::new(self.0, *migration, Direction::Up))
            })
            .collect())
    }
}
