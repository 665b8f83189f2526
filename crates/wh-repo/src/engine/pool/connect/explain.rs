//! What a failed attempt to connect means, by SQLSTATE where the server has sent one.

use tokio_postgres::error::{DbError, SqlState};

use super::super::tls;
use super::error::Refusal;
use crate::engine::failure::{NO_STATEMENTS, statements_not_kept};

const NO_OPTIONS: (&str, &str) = (
    "the pooler in front of it refuses start-up options",
    "Set pgbouncer to true in the database settings, and with ALTER ROLE what docs/operations.md lists",
);

/// Sorts what the driver said while connecting.
pub(super) fn refusal(error: &tokio_postgres::Error) -> Refusal {
    let told = error.as_db_error();
    let text = told.map(DbError::message).unwrap_or_default();
    if text.contains("unsupported startup parameter") {
        return unfit(NO_OPTIONS);
    }
    let reason = chain(error);
    match told.map(DbError::code) {
        // As libpq: what one server says about the password, the others need not be asked.
        Some(
            &(SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME),
        ) => Refusal::Everywhere(reason),
        _ => Refusal::Here(reason),
    }
}

/// Sorts what diesel said while it set the connection up. It hides the SQLSTATE.
pub(super) fn set_up(error: &diesel::ConnectionError) -> Refusal {
    match error {
        diesel::ConnectionError::CouldntSetupConfiguration(error) if statements_not_kept(error) => {
            unfit(NO_STATEMENTS)
        }
        _ => Refusal::Here(chain(error)),
    }
}

fn unfit((problem, remedy): (&str, &str)) -> Refusal {
    Refusal::Unfit { problem: problem.to_owned(), remedy: remedy.to_owned() }
}

/// An error with its causes, each once, and what to do about a fault of TLS.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        source = cause.source();
        let text = cause.to_string();
        if !reason.contains(&text) {
            reason.push_str(": ");
            reason.push_str(&text);
        }
    }
    if let Some(advice) = tls::advice(error) {
        reason.push_str(": ");
        reason.push_str(advice);
    }
    reason
}
