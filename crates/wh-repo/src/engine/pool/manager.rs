//! Connections as bb8 sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;

use super::connect::{ConnectError, Connector};
use super::outage::Outage;
use super::presence::Presence;
use crate::engine::condition::Condition;

/// A pooled connection.
pub(crate) struct Connection {
    pub(super) postgres: AsyncPgConnection,
    pub(super) condition: Condition,
    generation: u64,
}

/// What bb8 asks for, answered without round trips.
pub(crate) struct Manager {
    pub(super) connector: Connector,
    pub(super) presence: Arc<Presence>,
    pub(super) outage: Outage,
    /// Connections of an earlier generation lead to a server that takes no writes, or have plans of tables that changed.
    pub(super) generation: AtomicU64,
}

impl bb8::ManageConnection for Manager {
    type Connection = Connection;
    type Error = ConnectError;

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let generation = self.generation.load(Ordering::Acquire);
        let begun = Instant::now();
        let outcome = self.open().await;
        match &outcome {
            Ok(_) => self.outage.succeeded(begun),
            Err(error) => self.outage.failed(error),
        }
        Ok(Connection { postgres: outcome?, condition: Condition::default(), generation })
    }

    /// The driver knows when its socket is closed, so that `SELECT 1` (half the throughput) is not needed.
    async fn is_valid(&self, connection: &mut Connection) -> Result<(), ConnectError> {
        let old = connection.generation < self.generation.load(Ordering::Acquire);
        if old || connection.postgres.is_broken() { Err(ConnectError::Closed) } else { Ok(()) }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        let condition = &connection.condition;
        // A standby only where each new connection is sure to reach a primary: else all would be replaced for nothing.
        if condition.is_stale() || condition.is_read_only() && self.connector.finds_the_primary() {
            self.generation.fetch_max(connection.generation.saturating_add(1), Ordering::AcqRel);
        }
        condition.is_dead() || condition.is_abandoned() || connection.postgres.is_broken()
    }
}

impl Manager {
    async fn open(&self) -> Result<AsyncPgConnection, ConnectError> {
        let mut postgres = self.connector.connect().await?;
        let pooled_elsewhere = self.connector.settings().pgbouncer;
        let announced = self.presence.announce(&mut postgres, pooled_elsewhere);
        self.connector.bounded(announced).await?;
        Ok(postgres)
    }

    /// How long callers wait for a connection, and how long one attempt may take.
    pub(super) fn patience(connector: &Connector) -> Duration {
        connector.settings().acquire_timeout.saturating_add(connector.whole_patience())
    }
}
