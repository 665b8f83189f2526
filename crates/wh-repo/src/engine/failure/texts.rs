//! The one table of messages by which failures are told apart.
//!
//! Diesel hides the SQLSTATE. For what it has no kind for, the server's or the pooler's text decides. Connections to a server
//! that speaks another language than English are refused.

/// What a failure means, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The connection ended in the middle of the statement, which may have been carried out.
    Lost,
    /// A pooler closed the connection before any server saw the statement.
    Unserved,
    /// The server cannot do it just now.
    Passing,
    /// The server takes no writes.
    ReadOnly,
    LockTimeout,
    StatementTimeout,
    Cancelled,
    Deadlock,
    /// A prepared statement no longer fits its tables. Nothing was carried out.
    StalePlan,
    /// An operator has to do this.
    Misconfigured(&'static str),
    /// A text that Postgres cannot store.
    NoText,
}

use self::Meaning::{
    Cancelled, Deadlock, LockTimeout, Lost, Misconfigured, NoText, Passing, ReadOnly, StalePlan,
    StatementTimeout, Unserved,
};

const MIGRATE: &str = "Bring the database to the version of this program: wh-data migrate up";
const NO_DATABASE: &str = "Create it, or name another one: database.name";
const NO_ROLE: &str = "Create it, or name another one: database.user";
const GRANT: &str = "Grant it to the role of the connection, or connect as the owner of the tables";

/// Parts of messages. The first that fits counts.
pub(super) const TEXTS: &[(&str, Meaning)] = &[
    // PgBouncer, which may quote the server
    ("query_wait_timeout", Unserved),
    ("server login has been failing", Unserved),
    ("pgbouncer cannot connect to server", Unserved),
    ("client_login_timeout", Unserved),
    ("no more connections allowed", Unserved),
    ("client connections exceeded", Unserved),
    ("server conn crashed?", Lost),
    ("query timeout", Lost),
    ("query_timeout", Lost),
    ("idle transaction timeout", Lost),
    ("transaction timeout", Lost),
    ("client_idle_timeout", Lost),
    ("database configuration changed", Lost),
    ("server shutting down", Lost),
    ("pooler is shutting down", Lost),
    ("admin forced disconnect", Lost),
    // Postgres
    ("terminating connection", Lost),
    ("the database system is", Passing),
    ("deadlock detected", Deadlock),
    ("canceling statement due to lock timeout", LockTimeout),
    ("canceling statement due to statement timeout", StatementTimeout),
    ("canceling statement due to user request", Cancelled),
    ("canceling statement due to conflict with recovery", Passing),
    ("cannot set transaction read-write mode during recovery", ReadOnly),
    ("recovery is in progress", ReadOnly),
    ("too many clients already", Passing),
    ("too many connections for", Passing),
    ("remaining connection slots are reserved", Passing),
    ("out of shared memory", Passing),
    ("No space left on device", Passing),
    ("cached plan must not change result type", StalePlan),
    ("invalid byte sequence for encoding", NoText),
    ("permission denied", Misconfigured(GRANT)),
    ("does not exist", Misconfigured(MIGRATE)),
];

/// What is wrong where a pooler sends each statement of a client to another server, and what to do about it.
pub(crate) const NO_STATEMENTS: (&str, &str) = (
    "the pooler in front of the server does not keep the prepared statements of its clients",
    "PgBouncer does since 1.21: set max_prepared_statements = 200 there, or pool_mode = session",
);

/// Looks a message up.
pub(super) fn meaning(message: &str) -> Option<Meaning> {
    if names_our_statement(message) {
        return Some(Misconfigured(NO_STATEMENTS.1));
    }
    if let Some(remedy) = missing(message) {
        return Some(Misconfigured(remedy));
    }
    TEXTS.iter().find(|(part, _)| message.contains(part)).map(|(_, meaning)| *meaning)
}

/// What to do where something does not exist that no migration makes.
fn missing(message: &str) -> Option<&'static str> {
    let what = message.strip_suffix(" does not exist")?;
    match what.split_once(' ')?.0 {
        "database" => Some(NO_DATABASE),
        "role" => Some(NO_ROLE),
        _ => None,
    }
}

/// True for a message about a prepared statement of the driver, which it calls `s0`, `s1`, …: the statement is on another server
/// connection, or one of another client is on this one.
pub(super) fn names_our_statement(message: &str) -> bool {
    let name = message.strip_prefix("prepared statement \"s").and_then(|rest| rest.split_once('"'));
    name.is_some_and(|(number, rest)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(rest, " already exists" | " does not exist")
    })
}
