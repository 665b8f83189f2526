//! The pool: bb8 over connections that know whether somebody walked away from them.

mod connect;
mod dsn;
mod lease;
mod presence;
mod settings;
mod tls;

use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bb8::RunError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use tokio::runtime::Handle;
use wh_crypto::KeyId;

pub use self::connect::{ConnectError, Connector};
pub(crate) use self::lease::Lease;
pub(crate) use self::presence::LOCK_CLASS;
use self::presence::Presence;
pub use self::settings::DatabaseSettings;
use crate::error::{Error, Result};

/// How often the pool looks for connections past their age or their idle time.
const REAPER_RATE: Duration = Duration::from_secs(15);

/// A pooled connection.
pub(crate) struct Connection {
    postgres: AsyncPgConnection,
    /// Set while work is under way. A connection that comes back to the pool in this state was abandoned by a dropped
    /// future: a query may still run on it, or a transaction be open.
    busy: AtomicBool,
    /// Answers that were not read to their end.
    in_flight: AtomicU32,
    /// Set when a statement found the connection dead, which the driver may notice only later.
    dead: AtomicBool,
}

/// What bb8 asks for, answered without round trips.
pub(crate) struct Manager {
    connector: Connector,
    runtime: Handle,
    presence: Arc<Presence>,
}

impl bb8::ManageConnection for Manager {
    type Connection = Connection;
    type Error = ConnectError;

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let mut postgres = self.connector.connect().await?;
        self.presence.announce(&mut postgres, self.connector.settings().pgbouncer).await;
        Ok(Connection { postgres, busy: false.into(), in_flight: 0.into(), dead: false.into() })
    }

    /// The driver knows when its socket is closed, so that `SELECT 1` (half the throughput) is not needed.
    async fn is_valid(&self, connection: &mut Connection) -> Result<(), ConnectError> {
        if connection.postgres.is_broken() { Err(ConnectError::Closed) } else { Ok(()) }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        if *connection.dead.get_mut() {
            return true;
        }
        if *connection.busy.get_mut() || *connection.in_flight.get_mut() > 0 {
            self.cancel(connection);
            return true;
        }
        connection.postgres.is_broken()
    }
}

impl Manager {
    /// Stops the query that an abandoned connection still runs, so that it holds no lock and no server process.
    fn cancel(&self, connection: &Connection) {
        let token = connection.postgres.cancel_token();
        let tls = self.connector.tls();
        let patience = self.connector.settings().connect_timeout;
        self.runtime.spawn(async move {
            match tokio::time::timeout(patience, token.cancel_query(tls)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "an abandoned query could not be cancelled"),
                Err(_) => tracing::warn!("cancelling an abandoned query took too long"),
            }
        });
    }
}

/// The latest reason why a connection could not be made; a time-out of the pool is explained with it.
#[derive(Clone, Debug, Default)]
struct LastFailure(Arc<Mutex<Option<String>>>);

impl LastFailure {
    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl bb8::ErrorSink<ConnectError> for LastFailure {
    fn sink(&self, error: ConnectError) {
        if matches!(error, ConnectError::Closed) {
            tracing::debug!("a pooled connection was closed by the server and is replaced");
            return;
        }
        tracing::warn!(%error, "cannot connect to Postgres");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<ConnectError>> {
        Box::new(self.clone())
    }
}

/// Connections to one database.
pub(crate) struct Pool {
    connections: bb8::Pool<Manager>,
    connector: Connector,
    failure: LastFailure,
    runtime: Handle,
    presence: Arc<Presence>,
}

impl Pool {
    /// Sets up the pool without connecting: that happens with the first operation, or in the background where idle
    /// connections are asked for. `key` is what the connections' users encrypt with. Must be called within a tokio runtime.
    pub(crate) fn lazy(connector: Connector, key: KeyId) -> Self {
        let presence = Arc::new(Presence::new(key));
        let settings = connector.settings().clone();
        let failure = LastFailure::default();
        let runtime = Handle::current();
        let connections = bb8::Pool::builder()
            .max_size(settings.max_connections)
            .min_idle(Some(settings.min_idle))
            .max_lifetime(Some(settings.max_lifetime))
            .idle_timeout(Some(settings.idle_timeout))
            .connection_timeout(settings.acquire_timeout)
            .reaper_rate(REAPER_RATE)
            .test_on_check_out(true)
            .error_sink(Box::new(failure.clone()))
            .build_unchecked(Manager {
                connector: connector.clone(),
                runtime: runtime.clone(),
                presence: Arc::clone(&presence),
            });
        Self { connections, connector, failure, runtime, presence }
    }

    /// After so long the server gives a statement up.
    pub(crate) fn statement_timeout(&self) -> Duration {
        self.connector.settings().statement_timeout
    }

    /// Where tasks of the database run.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A connection for one operation or one transaction.
    pub(crate) async fn lease(&self, operation: &'static str) -> Result<Lease<'_>> {
        let started = Instant::now();
        match self.connections.get().await {
            Ok(connection) => Ok(Lease::new(connection, self.runtime.clone(), operation)),
            Err(error) => {
                let reason = match error {
                    RunError::User(error) => error.to_string(),
                    RunError::TimedOut => self.failure.take().unwrap_or_else(|| {
                        format!(
                            "all {} connections of the pool are in use",
                            self.connections.state().connections
                        )
                    }),
                };
                Err(Error::Unavailable { operation, waited: started.elapsed(), reason, in_doubt: false })
            }
        }
    }

    /// The key is on record: later connections see to it that it stays there.
    pub(crate) fn keep_on_record(&self) {
        self.presence.keep_on_record();
    }

    /// For a connection beside the pool.
    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// How many connections are open, and how many of them idle.
    pub(crate) fn size(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections, state.idle_connections)
    }
}
