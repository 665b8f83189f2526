//! The pool: bb8 over connections that know whether somebody walked away from them.

mod connect;
mod dsn;
mod farewell;
mod lease;
mod manager;
mod outage;
mod places;
mod presence;
mod settings;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bb8::{PooledConnection, QueueStrategy, RunError};
use tokio::runtime::Handle;
use tokio::time::timeout_at;
use wh_crypto::KeyId;

pub use self::connect::{ConnectError, Connector};
use self::farewell::Farewell;
pub(crate) use self::lease::Lease;
use self::manager::Manager;
use self::outage::Outage;
use self::places::Places;
pub(crate) use self::places::reserved;
pub(crate) use self::presence::LOCK_CLASS;
use self::presence::Presence;
pub use self::settings::DatabaseSettings;
use crate::engine::failure::read_only;
use crate::error::{Error, Reason, Result};

/// How often the pool looks for connections past their age or their idle time.
const REAPER_RATE: Duration = Duration::from_secs(15);

/// Connections to one database.
pub(crate) struct Pool {
    connections: bb8::Pool<Manager>,
    connector: Connector,
    places: Places,
    outage: Outage,
    farewell: Farewell,
    runtime: Handle,
    presence: Arc<Presence>,
}

impl Pool {
    /// Sets up the pool without connecting: that happens with the first operation, or in the background where idle
    /// connections are asked for. `key` is what the connections' users encrypt with. Must be called within a tokio runtime.
    pub(crate) fn lazy(connector: Connector, key: KeyId) -> Self {
        let presence = Arc::new(Presence::new(key));
        let settings = connector.settings();
        let outage = Outage::new(Manager::patience(&connector));
        let connections = bb8::Pool::builder()
            // One more for maintenance. Callers have places for the others.
            .max_size(settings.max_connections.saturating_add(1))
            .min_idle(Some(settings.min_idle))
            .max_lifetime(Some(settings.max_lifetime))
            .idle_timeout(Some(settings.idle_timeout))
            .connection_timeout(settings.acquire_timeout)
            .reaper_rate(REAPER_RATE)
            .queue_strategy(QueueStrategy::Lifo)
            .test_on_check_out(true)
            .error_sink(Box::new(outage.clone()))
            .build_unchecked(Manager {
                connector: connector.clone(),
                presence: Arc::clone(&presence),
                outage: outage.clone(),
                generation: 0.into(),
            });
        Self {
            connections,
            places: Places::new(settings.max_connections),
            farewell: Farewell::new(connector.tls()),
            runtime: Handle::current(),
            connector,
            outage,
            presence,
        }
    }

    /// After so long the server gives a statement up.
    pub(crate) fn statement_timeout(&self) -> Duration {
        self.connector.settings().statement_timeout
    }

    /// Where tasks of the database run.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A connection for one operation or one transaction. Callers are served in the order in which they came.
    pub(crate) async fn lease(&self, operation: &'static str) -> Result<Lease> {
        let started = Instant::now();
        let deadline = places::deadline(self.connector.settings().acquire_timeout);
        let unavailable = |reason| Error::unavailable(operation, started.elapsed(), reason);
        let Some(place) = self.places.take(deadline).await else {
            return Err(unavailable(self.no_place()));
        };
        match timeout_at(deadline, self.next()).await {
            Ok(Ok(connection)) => {
                let (runtime, farewell) = (self.runtime.clone(), self.farewell.clone());
                Ok(Lease::new(connection, place, runtime, farewell, operation))
            }
            Ok(Err(RunError::User(error))) => Err(unavailable(Reason::Unreachable(error.to_string()))),
            Ok(Err(RunError::TimedOut)) | Err(_) => Err(unavailable(self.no_connection())),
        }
    }

    /// The next connection that is free or can be opened.
    async fn next(&self) -> Result<PooledConnection<'static, Manager>, RunError<ConnectError>> {
        let mut failing = self.outage.watch();
        loop {
            let fails = *failing.borrow_and_update();
            let connection = async {
                // While no more connections can be opened, those that are open go round in turn.
                let _turn = if fails { Some(self.places.turn().await) } else { None };
                self.connections.get_owned().await
            };
            tokio::select! {
                biased;
                connection = connection => return connection,
                Ok(()) = failing.changed() => {}
            }
        }
    }

    /// True for a write that was refused by a standby, if a new connection finds the primary or nothing.
    pub(crate) fn may_find_a_primary(&self, error: &diesel::result::Error) -> bool {
        self.connector.finds_the_primary() && read_only(error)
    }

    fn no_place(&self) -> Reason {
        let places = self.connector.settings().max_connections;
        let all_open = self.connections.state().connections >= places;
        match self.outage.reason() {
            Some(reason) if !all_open => Reason::Unreachable(reason),
            _ => Reason::PoolExhausted { connections: places },
        }
    }

    fn no_connection(&self) -> Reason {
        let said = self.outage.reason();
        Reason::Unreachable(
            said.unwrap_or_else(|| format!("no connection to {} yet", self.connector.target())),
        )
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
