//! How to reach a database, and how many connections to hold.

use std::time::Duration;

use secrecy::SecretString;

/// What [`Database::connect`](crate::Database::connect) needs. The numbers start as the reference has them: 25
/// connections at most, 5 idle, replaced after 5 minutes.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where the database is: a URL (`postgres://user:password@host:5432/name?sslmode=verify-full`) or libpq's keywords
    /// (`host=… user=…`). Several hosts with `target_session_attrs=read-write` follow a fail-over. Options: those of
    /// libpq that tokio-postgres knows, `sslmode` (`disable`, `prefer`, `require`, `verify-ca`, `verify-full`), and
    /// `sslrootcert` (a PEM file, or `system`).
    pub url: SecretString,
    /// The server itself, where `url` leads to a pooler: listening for notifications does not go through one. `None`: as
    /// `url`, or not at all where [`pgbouncer`](Self::pgbouncer) is set.
    pub direct_url: Option<SecretString>,
    /// What the connections are called in `pg_stat_activity`, where the URL does not say.
    pub application_name: String,
    /// Most connections at a time.
    pub max_connections: u32,
    /// Connections kept open when nothing is to do.
    pub min_idle: u32,
    /// Age at which a connection is replaced.
    pub max_lifetime: Duration,
    /// Idle time after which a connection beyond `min_idle` is closed.
    pub idle_timeout: Duration,
    /// Longest wait for a connection from the pool, opening one included.
    pub acquire_timeout: Duration,
    /// Longest wait for one host to accept a connection.
    pub connect_timeout: Duration,
    /// Longest run of a statement; the server ends it. Zero: no limit.
    pub statement_timeout: Duration,
    /// Longest silence inside an open transaction; the server then closes the connection. Zero: no limit.
    pub idle_in_transaction_timeout: Duration,
    /// True behind PgBouncer in transaction mode (1.21 or newer with `max_prepared_statements`): leaves out the start-up
    /// options it refuses. Set the two time-outs above with `ALTER ROLE` then, and `plan_cache_mode` to
    /// `force_generic_plan`.
    pub pgbouncer: bool,
}

impl DatabaseSettings {
    /// The defaults, for the database at `url`.
    #[must_use]
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            direct_url: None,
            application_name: "wh-data".to_owned(),
            max_connections: 25,
            min_idle: 5,
            max_lifetime: Duration::from_mins(5),
            idle_timeout: Duration::from_mins(2),
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_mins(1),
            pgbouncer: false,
        }
    }

    /// A pool of exactly `connections`, none of them opened ahead: for tools and tests.
    #[must_use]
    pub fn with_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(1);
        self.min_idle = 0;
        self
    }
}
