//! From what diesel and the driver say to what a caller can act on.

#[cfg(test)]
mod tests;
mod texts;

use std::time::Duration;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind as Kind, Error as Diesel};

pub(super) use self::texts::NO_STATEMENTS;
use self::texts::{Meaning, meaning, names_our_statement};
use crate::error::{Conflict, Error, Reason};

/// What the text of a failure means, if it has no kind of its own.
fn told(error: &Diesel) -> Option<Meaning> {
    match error {
        Diesel::DatabaseError(Kind::UnableToSendCommand | Kind::ClosedConnection, _) => Some(Meaning::Lost),
        Diesel::DatabaseError(Kind::ReadOnlyTransaction, _) => Some(Meaning::ReadOnly),
        Diesel::DatabaseError(_, info) => meaning(info.message()),
        _ => None,
    }
}

/// True where the connection was gone before an answer came: the statement may or may not have run.
pub(super) fn lost_connection(error: &Diesel) -> bool {
    told(error) == Some(Meaning::Lost)
}

/// True where the server has picked this statement to end a deadlock: it was rolled back, and has done nothing.
pub(super) fn deadlocked(error: &Diesel) -> bool {
    told(error) == Some(Meaning::Deadlock)
}

/// True where a prepared statement no longer fits its tables, since a migration changed them. Nothing was carried out.
pub(super) fn stale_plan(error: &Diesel) -> bool {
    told(error) == Some(Meaning::StalePlan)
}

/// True where the server takes no writes: it became a standby, whose new primary only a new connection finds. Nothing was
/// carried out.
pub(super) fn read_only(error: &Diesel) -> bool {
    told(error) == Some(Meaning::ReadOnly)
}

/// True where a connection must not be lent again.
pub(super) fn must_bury(error: &Diesel) -> bool {
    matches!(told(error), Some(Meaning::Lost | Meaning::Unserved | Meaning::ReadOnly | Meaning::StalePlan))
        || statements_not_kept(error)
}

/// True where a pooler sends each statement to another server, which does not know what was prepared.
pub(super) fn statements_not_kept(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, info) if names_our_statement(info.message()))
}

/// True where the statement broke a unique rule. It has done nothing, and the transaction around it is aborted.
pub(super) const fn broke_rule(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(Kind::UniqueViolation, _))
}

/// Sorts a failed statement of `operation` that took `waited`.
pub(crate) fn classify(operation: &'static str, waited: Duration, error: Diesel) -> Error {
    let unavailable = |reason| Error::unavailable(operation, waited, reason);
    match error {
        Diesel::DatabaseError(kind, info) => match kind {
            Kind::UnableToSendCommand | Kind::ClosedConnection => unavailable(Reason::ConnectionLost),
            Kind::SerializationFailure => unavailable(Reason::Serialization),
            Kind::ReadOnlyTransaction => unavailable(Reason::ReadOnly),
            Kind::UniqueViolation => taken(operation, info.as_ref()),
            Kind::ForeignKeyViolation => Error::not_found(referenced(info.as_ref())),
            Kind::CheckViolation => Error::invalid(
                "row",
                format!("breaks the rule {}", info.constraint_name().unwrap_or("of a constraint")),
            ),
            _ => by_text(operation, waited, info.message()),
        },
        Diesel::DeserializationError(reason) => Error::Corrupt {
            table: operation.split('.').next().unwrap_or(operation),
            column: "*",
            row: "(one of those that were read)".to_owned(),
            reason: chain(reason.as_ref()),
        },
        other => Error::bug(operation, other.to_string()),
    }
}

fn by_text(operation: &'static str, waited: Duration, message: &str) -> Error {
    let reason = match meaning(message) {
        Some(Meaning::Lost | Meaning::Unserved | Meaning::Passing | Meaning::StalePlan) => {
            Reason::Server(message.to_owned())
        }
        Some(Meaning::ReadOnly) => Reason::ReadOnly,
        Some(Meaning::LockTimeout) => Reason::LockTimeout,
        Some(Meaning::StatementTimeout) => Reason::StatementTimeout,
        Some(Meaning::Cancelled) => Reason::Cancelled,
        Some(Meaning::Deadlock) => Reason::Deadlock,
        Some(Meaning::Misconfigured(remedy)) => {
            let problem =
                if names_our_statement(message) { NO_STATEMENTS.0.to_owned() } else { message.to_owned() };
            return Error::Misconfigured { operation, problem, remedy };
        }
        Some(Meaning::NoText) => {
            return Error::invalid(
                "text",
                "contains a NUL character, which Postgres cannot store: remove it",
            );
        }
        None => return Error::bug(operation, format!("the server refused a statement: {message}")),
    };
    Error::unavailable(operation, waited, reason)
}

/// An error with what caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Which unique rule was broken, by the constraint's name (`TABLE_FIELD_key` or `TABLE_FIELD_living_key`). A primary key that is
/// drawn from a sequence is never taken, unless the sequence is behind its table.
fn taken(operation: &'static str, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Error {
    let constraint = info.constraint_name().unwrap_or_default();
    if let Some(table) = constraint.strip_suffix("_pkey") {
        return Error::Misconfigured {
            operation,
            problem: format!("the sequence of {table} is behind its table, as after a restore of data alone"),
            remedy: "Set it right with `repair sequences` (`wh_schema::inspect::repair_sequences`)",
        };
    }
    let conflict = match constraint {
        "users_email_key" | "users_email_folded_key" => Conflict::AccountExists,
        "apps_subdomain_living_key" => Conflict::Taken { entity: "app", field: Conflict::SUBDOMAIN },
        "apps_user_name_living_key" => Conflict::Taken { entity: "app", field: Conflict::NAME },
        "workers_name_key" => Conflict::Taken { entity: "worker", field: Conflict::NAME },
        "workers_api_key_hash_key" => Conflict::Taken { entity: "worker", field: Conflict::API_KEY },
        "domains_hostname_verified_key" => Conflict::Taken { entity: "domain", field: Conflict::HOSTNAME },
        _ => Conflict::Taken { entity: "row", field: "key" },
    };
    conflict.into()
}

/// What a broken foreign key pointed at, by the constraint's name (`TABLE_COLUMN_fkey`).
fn referenced(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> &'static str {
    let constraint = info.constraint_name().unwrap_or_default();
    [
        ("_app_id_fkey", "app"),
        ("_user_id_fkey", "user"),
        ("_worker_id_fkey", "worker"),
        ("_deployment_id_fkey", "deployment"),
        ("_webhook_id_fkey", "webhook"),
        ("_session_id_fkey", "session"),
    ]
    .into_iter()
    .find_map(|(suffix, entity)| constraint.ends_with(suffix).then_some(entity))
    .unwrap_or("row")
}
