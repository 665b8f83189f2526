//! From what diesel and the driver say to what a caller can act on.
//!
//! Diesel hides the SQLSTATE, so that faults it has no kind for are told apart by their English text. A server with
//! other `lc_messages` gets the general answer: [`Error::Bug`] in place of [`Error::Unavailable`].

use std::time::Duration;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind as Kind, Error as Diesel};

use crate::error::{Conflict, Error};

/// Parts of messages by which the server says that this time, rather than this request, is the trouble.
const PASSING: &[&str] = &[
    "terminating connection",
    "the database system is",
    "deadlock detected",
    "canceling statement due to statement timeout",
    "canceling statement due to lock timeout",
    "canceling statement due to user request",
    "canceling statement due to conflict with recovery",
    "terminating connection due to idle-in-transaction timeout",
    "too many connections",
    "remaining connection slots are reserved",
    "out of shared memory",
    "No space left on device",
    "cached plan must not change result type",
];

/// True where the connection was gone before an answer came: the statement may or may not have run.
pub(crate) fn lost_connection(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(Kind::UnableToSendCommand | Kind::ClosedConnection, _) => true,
        Diesel::DatabaseError(_, info) => info.message().contains("terminating connection"),
        _ => false,
    }
}

/// True where the server has picked this statement to end a deadlock: it was rolled back, and has done nothing.
pub(crate) fn deadlocked(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, info) if info.message().contains("deadlock detected"))
}

/// True where a connection must not be lent again, although it lives: it leads to a server that became a standby, whose
/// new primary only a new connection finds.
pub(super) fn must_bury(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(Kind::ReadOnlyTransaction, _))
}

/// True where a prepared statement no longer fits its tables, since a migration changed them. Nothing was carried out.
pub(super) fn stale_plan(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, info) if info.message().contains("cached plan must not change result type"))
}

/// Sorts a failed statement of `operation` that took `waited`.
pub(crate) fn classify(operation: &'static str, waited: Duration, error: Diesel) -> Error {
    let unavailable =
        |reason: &str| Error::Unavailable { operation, waited, reason: reason.to_owned(), in_doubt: false };
    match error {
        Diesel::DatabaseError(kind, info) => match kind {
            Kind::UnableToSendCommand | Kind::ClosedConnection => unavailable("the connection was lost"),
            Kind::SerializationFailure => unavailable("another transaction came first"),
            Kind::ReadOnlyTransaction => unavailable("the server is a read-only standby"),
            Kind::UniqueViolation => taken(info.as_ref()).into(),
            Kind::ForeignKeyViolation => Error::not_found(referenced(info.as_ref())),
            Kind::CheckViolation => Error::invalid(
                "row",
                format!("breaks the rule {}", info.constraint_name().unwrap_or("of a constraint")),
            ),
            _ if PASSING.iter().any(|part| info.message().contains(part)) => unavailable(info.message()),
            _ if info.message().contains("invalid byte sequence") => {
                Error::invalid("text", "contains a NUL character, which Postgres cannot store: remove it")
            }
            _ => Error::bug(operation, format!("the server refused a statement: {}", info.message())),
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

/// An error with what caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Which unique rule was broken, by the constraint's name (`TABLE_FIELD_key` or `TABLE_FIELD_living_key`).
fn taken(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Conflict {
    match info.constraint_name().unwrap_or_default() {
        "users_email_key" => Conflict::AccountExists,
        "apps_subdomain_living_key" => Conflict::Taken { entity: "app", field: "subdomain" },
        "apps_user_name_living_key" => Conflict::Taken { entity: "app", field: "name" },
        "workers_name_key" => Conflict::Taken { entity: "worker", field: "name" },
        "workers_api_key_hash_key" => Conflict::Taken { entity: "worker", field: "API key" },
        "domains_hostname_key" => Conflict::Taken { entity: "domain", field: "hostname" },
        _ => Conflict::Taken { entity: "row", field: "key" },
    }
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
