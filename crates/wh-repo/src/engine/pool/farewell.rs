//! Connections that a dropped future has abandoned: what they still run is cancelled before they are closed.
//!
//! A server does not look at a socket while its statement waits for a lock, and PgBouncer throws away a server connection whose
//! client leaves in the middle of a statement.

use std::sync::Arc;
use std::time::Duration;

use bb8::PooledConnection;
use diesel_async::SimpleAsyncConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::manager::{Connection, Manager};
use crate::engine::failure::lost_connection;

/// Cancel requests under way at once. Each is a connection of its own.
const AT_ONCE: usize = 4;

/// Longest wait for a cancel request to be taken.
const CANCEL: Duration = Duration::from_secs(2);

/// Longest wait for the answer of a connection on which nothing runs.
const LONGEST: Duration = Duration::from_secs(2);

/// Waits for the answer to the cancelled statement, one after each cancel request. A request that overtakes its statement
/// has no effect, so it is sent again.
const ANSWER: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Takes leave of abandoned connections.
#[derive(Clone)]
pub(super) struct Farewell {
    at_once: Arc<Semaphore>,
    tls: MakeRustlsConnect,
}

impl Farewell {
    pub(super) fn new(tls: MakeRustlsConnect) -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE)), tls }
    }

    /// Cancels what runs, if anything does, waits for the answer, and closes the connection. It keeps its place in the pool
    /// until then, so there are never more connections than the pool may have.
    pub(super) async fn take_leave(
        self,
        connection: PooledConnection<'static, Manager>,
        place: OwnedSemaphorePermit,
    ) {
        self.settle(&connection).await;
        connection.condition.bury();
        drop(connection);
        drop(place);
    }

    async fn settle(&self, connection: &Connection) {
        let token = connection.postgres.cancel_token();
        // An empty statement is answered after all others, even in a failed transaction.
        let last = if connection.condition.in_transaction() { "ROLLBACK" } else { "" };
        let answered = async {
            let mut postgres = &connection.postgres;
            // A cancel request that comes late ends this statement instead, and leaves the transaction open.
            while let Err(error) = postgres.batch_execute(last).await
                && !lost_connection(&error)
            {}
        };
        let mut answered = std::pin::pin!(answered);
        // Where nothing runs there is nothing to cancel.
        if connection.condition.in_flight() == 0 && timeout(LONGEST, &mut answered).await.is_ok() {
            return;
        }
        for patience in ANSWER {
            let Ok(turn) = self.at_once.acquire().await else { break };
            match timeout(CANCEL, token.cancel_query(self.tls.clone())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "an abandoned query could not be cancelled"),
                Err(_) => tracing::debug!("cancelling an abandoned query took too long"),
            }
            drop(turn);
            if timeout(patience, &mut answered).await.is_ok() {
                break;
            }
        }
    }
}
