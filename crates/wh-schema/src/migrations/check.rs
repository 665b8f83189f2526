//! Checks before a migration is begun.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};

use super::blocking::Conn;
use super::script::{Script, file_name};
use super::{Direction, Migration, MigrationError};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Refuses a database that cannot hold every character.
pub(super) fn encoding(conn: &mut Conn) -> Result<(), MigrationError> {
    let encoding: String = diesel::select(sql::<Text>("current_setting('server_encoding')"))
        .get_result(conn)
        .map_err(MigrationError::database("ask for the encoding of the database"))?;
    if encoding == "UTF8" { Ok(()) } else { Err(MigrationError::Encoding { encoding }) }
}

/// Runs the check of a migration that is to be applied. Nothing is marked dirty before.
pub(super) fn run(conn: &mut Conn, migrations: &[Migration], script: Script) -> Result<(), MigrationError> {
    let Some(check) = script.migration.check.filter(|_| script.direction == Direction::Up) else {
        return Ok(());
    };
    let rows: Vec<Row> = diesel::sql_query(check)
        .load(conn)
        .map_err(MigrationError::database("look for rows that stand in the way of a migration"))?;
    if rows.is_empty() {
        return Ok(());
    }
    let more = rows.len().saturating_sub(MigrationError::FINDINGS);
    Err(MigrationError::Refused {
        file: file_name(&script.migration, Direction::Up),
        version: script.comes_from(migrations).max(0),
        reason: reason(check),
        findings: rows.into_iter().take(MigrationError::FINDINGS).map(|row| row.finding).collect(),
        more,
    })
}

/// The comment that a check begins with, as one line.
fn reason(check: &str) -> String {
    let comment = check.lines().map_while(|line| line.strip_prefix("--")).map(str::trim);
    comment.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_the_first_comment() {
        assert_eq!(reason("-- Two rows.\n-- Delete one.\nselect 1\n-- no"), "Two rows. Delete one.");
    }

    #[test]
    fn every_check_says_what_to_do() {
        let checks: Vec<_> =
            crate::migrations::all().iter().filter_map(|migration| migration.check).collect();
        assert!(!checks.is_empty());
        for check in checks {
            assert!(reason(check).ends_with('.'), "{check}");
        }
    }
}
