//! Findings, and their remedies.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The data layer does not start, or writes what it must not.
    Fault,
    /// It works, and something around it does not.
    Warning,
}

/// Something about a database that an operator should change. `Display` says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The database's encoding cannot hold every character.
    Encoding {
        /// The encoding that it has.
        encoding: String,
    },
    /// The server is older than Postgres 15.
    OldServer {
        /// The server's version.
        version: String,
    },
    /// The server's messages are not English. Some errors are told apart by their text.
    Messages {
        /// The setting `lc_messages`.
        lc_messages: String,
    },
    /// An identity column would give an id that a row has already.
    SequenceBehind {
        /// The table.
        table: String,
        /// Its identity column.
        column: String,
        /// The id that the next row would get.
        next: i64,
        /// The largest id that a row has.
        largest: i64,
    },
    /// A role or the database is set read-only.
    ReadOnly {
        /// `role NAME` or `database NAME`.
        place: String,
    },
    /// A role or the database has another schema than `public` first.
    SearchPath {
        /// `role NAME` or `database NAME`.
        place: String,
        /// The setting.
        value: String,
    },
    /// A role or the database has another isolation than READ COMMITTED.
    Isolation {
        /// `role NAME` or `database NAME`.
        place: String,
        /// The setting.
        value: String,
    },
    /// A backend does not notice that its client is gone while a statement runs.
    ConnectionCheck,
    /// An index that a failed `CREATE INDEX CONCURRENTLY` left.
    InvalidIndex {
        /// The index.
        index: String,
    },
    /// This role may not do what every service does.
    Privileges {
        /// A privilege that it lacks.
        privilege: String,
        /// The table or sequence.
        relation: String,
        /// How many more it lacks.
        more: usize,
    },
    /// No partition of `runtime_logs` for tomorrow: maintenance does not run.
    NoComingDays,
}

impl Finding {
    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Encoding { .. }
            | Self::OldServer { .. }
            | Self::Messages { .. }
            | Self::SequenceBehind { .. }
            | Self::Privileges { .. }
            | Self::ReadOnly { .. } => Severity::Fault,
            Self::SearchPath { .. }
            | Self::Isolation { .. }
            | Self::ConnectionCheck
            | Self::InvalidIndex { .. }
            | Self::NoComingDays => Severity::Warning,
        }
    }

    /// The problem, without the remedy.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::Encoding { encoding } => {
                format!("the database has the encoding {encoding}, which cannot hold every name and log line")
            }
            Self::OldServer { version } => format!("the server is Postgres {version}, 15 or newer is needed"),
            Self::Messages { lc_messages } => {
                format!("lc_messages is {lc_messages:?}: the data layer tells some errors apart by their English text")
            }
            Self::SequenceBehind { table, column, next, largest } => {
                format!("the next {table}.{column} would be {next}, and rows have ids up to {largest}: inserts fail")
            }
            Self::ReadOnly { place } => format!("default_transaction_read_only is on for {place}: every write fails"),
            Self::SearchPath { place, value } => format!(
                "search_path is {value} for {place}: the data layer sets public itself, psql and golang-migrate do not"
            ),
            Self::Isolation { place, value } => format!(
                "default_transaction_isolation is {value} for {place}: the data layer sets read committed itself, others \
                 do not"
            ),
            Self::ConnectionCheck => {
                "client_connection_check_interval is 0: a statement of a client that is gone runs on and may be carried \
                 out later"
                    .to_owned()
            }
            Self::InvalidIndex { index } => {
                format!("the index {index} is invalid: building it failed, no query uses it, and every write pays for it")
            }
            Self::Privileges { privilege, relation, more: 0 } => {
                format!("this role has no privilege {privilege} on {relation}")
            }
            Self::Privileges { privilege, relation, more } => {
                format!("this role has no privilege {privilege} on {relation}, and {more} others are missing")
            }
            Self::NoComingDays => {
                "runtime_logs has no partition for tomorrow, so its lines would gather in the default one".to_owned()
            }
        }
    }

    /// The remedy.
    #[must_use]
    pub fn remedy(&self) -> String {
        let reset = |place: &str, setting: &str| {
            let (kind, name) = place.split_once(' ').unwrap_or(("ROLE", place));
            format!("ALTER {} \"{}\" RESET {setting}", kind.to_uppercase(), name.replace('"', "\"\""))
        };
        match self {
            Self::Encoding { .. } => "create another database (`CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`) and \
                                      load a dump of this one into it"
                .to_owned(),
            Self::OldServer { .. } => "upgrade the server".to_owned(),
            Self::Messages { .. } => {
                "set lc_messages = 'C' in postgresql.conf, or `ALTER DATABASE name SET lc_messages = 'C'` as a superuser"
                    .to_owned()
            }
            Self::SequenceBehind { .. } => "`wh-data repair-sequences` sets it right while the services run".to_owned(),
            Self::ReadOnly { place } => reset(place, "default_transaction_read_only"),
            Self::SearchPath { place, .. } => reset(place, "search_path"),
            Self::Isolation { place, .. } => reset(place, "default_transaction_isolation"),
            Self::ConnectionCheck => {
                "ALTER ROLE name SET client_connection_check_interval = '10s', if a pooler refuses it at start-up".to_owned()
            }
            Self::InvalidIndex { index } => {
                format!("`REINDEX INDEX CONCURRENTLY {index}`, or drop it and run its migration again")
            }
            Self::Privileges { .. } => "connect as the owner of the tables; or, as the owner, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL \
                                        TABLES IN SCHEMA public TO name; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO name`"
                .to_owned(),
            Self::NoComingDays => "run maintenance (`wh-data maintain`), and see why it did not run".to_owned(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. To mend it: {}", self.problem(), self.remedy())
    }
}

/// The look, or the repair, could not be done.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {message}")]
pub struct InspectError {
    doing: &'static str,
    message: String,
}

impl InspectError {
    pub(super) fn new(doing: &'static str) -> impl FnOnce(diesel::result::Error) -> Self {
        move |error| Self { doing, message: error.to_string() }
    }
}
