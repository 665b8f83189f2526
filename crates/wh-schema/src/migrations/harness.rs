//! Diesel's harness over golang-migrate's ledger.

use diesel::Connection;
use diesel::migration::{Migration as DieselMigration, MigrationName as _, MigrationVersion, Result};
use diesel::pg::Pg;
use diesel_migrations::MigrationHarness;

use super::blocking::Conn;
use super::ledger::{self, Ledger};
use super::script::Script;
use super::{Direction, Migration};

pub(super) struct Harness<'a> {
    pub conn: &'a mut Conn,
    pub migrations: &'a [Migration],
}

impl Harness<'_> {
    /// Dirty row, file, clean row: the first committed by itself, the last together with the file where that can be.
    fn record(
        &mut self,
        migration: &dyn DieselMigration<Pg>,
        direction: Direction,
    ) -> Result<MigrationVersion<'static>> {
        let name = migration.name().version().as_owned();
        let version: i64 = name.to_string().parse()?;
        let own = self.migrations.iter().find(|own| own.version == version);
        let own = own.ok_or_else(|| format!("there is no migration {version}"))?;
        let version = Script::new(self.migrations, *own, direction).leads_to;

        ledger::write(self.conn, Ledger::dirty(version))?;
        let body = |conn: &mut Conn| -> Result<()> {
            match direction {
                Direction::Up => migration.run(conn)?,
                Direction::Down => migration.revert(conn)?,
            }
            Ok(ledger::write(conn, Ledger::clean(version))?)
        };
        if migration.metadata().run_in_transaction() {
            Connection::transaction(self.conn, body)?;
        } else {
            body(self.conn)?;
        }
        Ok(name)
    }
}

impl MigrationHarness<Pg> for Harness<'_> {
    fn run_migration(&mut self, migration: &dyn DieselMigration<Pg>) -> Result<MigrationVersion<'static>> {
        self.record(migration, Direction::Up)
    }

    fn revert_migration(&mut self, migration: &dyn DieselMigration<Pg>) -> Result<MigrationVersion<'static>> {
        self.record(migration, Direction::Down)
    }

    fn applied_migrations(&mut self) -> Result<Vec<MigrationVersion<'static>>> {
        let ledger = ledger::read(self.conn)?;
        let current = super::plan::current(self.migrations, ledger)?;
        let applied = self.migrations.iter().filter(|migration| migration.version <= current);
        Ok(applied
            .rev()
            .map(|migration| Script::new(self.migrations, *migration, Direction::Up).version().as_owned())
            .collect())
    }
}
