//! The state of the database after a failed step.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationMetadata;
use diesel::result::{DatabaseErrorInformation, Error};

use super::blocking::Conn;
use super::ledger::{self, Ledger};
use super::script::Script;
use super::{Migration, MigrationError};

/// Tells the state of the database after a failure.
pub(super) fn explain(
    migrations: &[Migration],
    lock_timeout: Duration,
    conn: &mut Conn,
    script: Script,
    error: &(dyn std::error::Error + Send + Sync + 'static),
) -> MigrationError {
    let (file, ledger) = (script.file(), script.leads_to);
    // Only a live connection can have told of a rollback.
    if conn.batch_execute("select 1").is_err() {
        return MigrationError::Interrupted { file, message: error.to_string(), ledger };
    }
    let rolled_back = script.run_in_transaction();
    let told = match error.downcast_ref::<Error>() {
        Some(Error::DatabaseError(_, told)) => Some(&**told),
        _ => None,
    };
    let before = Ledger::clean(script.comes_from(migrations));
    if rolled_back && told.is_some_and(lost_a_lock) && ledger::write(conn, before).is_ok() {
        return MigrationError::Blocked { file, waited: lock_timeout };
    }
    MigrationError::Failed {
        version: script.migration.version,
        slug: script.migration.slug,
        direction: script.direction,
        line: told.and_then(DatabaseErrorInformation::statement_position).map(|at| line(script.sql(), at)),
        message: told.map_or_else(|| error.to_string(), sentence),
        file,
        rolled_back,
        ledger,
        before: script.comes_from(migrations).max(0),
    }
}

/// Diesel has no kind for these, and the driver hides the SQLSTATE. The server's messages are English, `inspect` looks.
fn lost_a_lock(told: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    ["canceling statement due to lock timeout", "deadlock detected"].contains(&told.message())
}

/// The line of the character that Postgres counts as `position`, from 1 on.
fn line(sql: &str, position: i32) -> usize {
    let before = usize::try_from(position).unwrap_or(0).saturating_sub(1);
    sql.chars().take(before).filter(|c| *c == '\n').count() + 1
}

/// The server's message and hint. Its detail stays out: it quotes rows.
fn sentence(told: &(dyn DatabaseErrorInformation + Send + Sync)) -> String {
    match told.hint() {
        Some(hint) => format!("{}; {}", told.message(), hint.trim_end_matches('.')),
        None => told.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn postgres_counts_characters_from_one() {
        let sql = "-- ä\nselect;\nselekt";
        assert_eq!(line(sql, 1), 1);
        assert_eq!(line(sql, 6), 2);
        assert_eq!(line(sql, 14), 3);
        assert_eq!(line(sql, 999), 3);
    }
}
