//! How to reach a database, and how many connections to hold.

use std::time::Duration;

use secrecy::SecretString;

/// More than this Postgres cannot have.
const MOST_CONNECTIONS: u32 = 262_143;

/// Postgres counts milliseconds with 31 bits.
const LONGEST: Duration = Duration::from_millis(2_147_483_647);

/// Linux counts seconds with 15 bits, and probes with 7.
const LONGEST_PROBE: Duration = Duration::from_hours(9);
const MOST_PROBES: u32 = 127;

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
    /// Longest wait for one address: TCP, TLS, authentication and the first answers of the server. A name may have several
    /// addresses, and the next is tried then. `connect_timeout` of the URL stands over it.
    pub connect_timeout: Duration,
    /// Longest run of a statement; the server ends it. Zero: no limit.
    pub statement_timeout: Duration,
    /// Longest silence inside an open transaction; the server then closes the connection. Zero: no limit.
    pub idle_in_transaction_timeout: Duration,
    /// How often the server looks whether the client of a running statement is still there
    /// (`client_connection_check_interval`). Zero: not before the statement ends. A server on Windows needs zero.
    pub client_connection_check_interval: Duration,
    /// Silence after which the kernel probes a connection. `keepalives_idle` of the URL stands over it, as the next three do.
    pub keepalives_idle: Duration,
    /// Time between two probes.
    pub keepalives_interval: Duration,
    /// Unanswered probes after which the connection is dead.
    pub keepalives_retries: u32,
    /// How long sent data may stay unacknowledged until the connection is dead (Linux). Zero: as the system has it.
    pub tcp_user_timeout: Duration,
    /// True behind PgBouncer in transaction mode (1.21 or newer with `max_prepared_statements`): leaves out the start-up
    /// options that it refuses. The role needs them with `ALTER ROLE` then, as `docs/operations.md` lists them.
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
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_mins(1),
            client_connection_check_interval: Duration::from_secs(2),
            keepalives_idle: Duration::from_secs(30),
            keepalives_interval: Duration::from_secs(10),
            keepalives_retries: 3,
            tcp_user_timeout: Duration::from_secs(30),
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

    /// Refuses values that the pool, the kernel or the server cannot work with; names every such field.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut faults = Vec::new();
        if !(1..=MOST_CONNECTIONS).contains(&self.max_connections) {
            faults.push(format!(
                "max_connections is {}: 1 to {MOST_CONNECTIONS} are possible",
                self.max_connections
            ));
        } else if self.min_idle > self.max_connections {
            faults.push(format!(
                "min_idle is {}: at most max_connections, which is {}",
                self.min_idle, self.max_connections
            ));
        }
        for (field, value) in [
            ("max_lifetime", self.max_lifetime),
            ("idle_timeout", self.idle_timeout),
            ("acquire_timeout", self.acquire_timeout),
            ("connect_timeout", self.connect_timeout),
        ] {
            if value < Duration::from_millis(1) {
                faults.push(format!("{field} is {value:?}: at least 1ms is needed"));
            }
        }
        for (field, value) in [
            ("statement_timeout", self.statement_timeout),
            ("idle_in_transaction_timeout", self.idle_in_transaction_timeout),
            ("client_connection_check_interval", self.client_connection_check_interval),
            ("tcp_user_timeout", self.tcp_user_timeout),
        ] {
            if !value.is_zero() && !(Duration::from_millis(1)..=LONGEST).contains(&value) {
                faults.push(format!("{field} is {value:?}: 0 or 1ms to 24 days are possible"));
            }
        }
        for (field, value) in
            [("keepalives_idle", self.keepalives_idle), ("keepalives_interval", self.keepalives_interval)]
        {
            if !(Duration::from_secs(1)..=LONGEST_PROBE).contains(&value) {
                faults.push(format!("{field} is {value:?}: 1s to 9h are possible"));
            }
        }
        if !(1..=MOST_PROBES).contains(&self.keepalives_retries) {
            faults.push(format!(
                "keepalives_retries is {}: 1 to {MOST_PROBES} are possible",
                self.keepalives_retries
            ));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}
