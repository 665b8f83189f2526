//! Transactions: several operations, committed together or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::join;

use crate::cache::TxChanges;
use crate::database::Inner;
use crate::engine::pool::Lease;
use crate::engine::{Answer, Executor, Fate};
use crate::engine::{classify, lost_connection};
use crate::error::{Error, Result};
use crate::repositories;

/// An open transaction. It gives the same repositories as [`Database`](crate::Database), and everything that is done
/// through them is committed together when the closure of [`Database::transaction`](crate::Database::transaction)
/// returns `Ok`.
pub struct Tx<'c> {
    state: TxState<'c>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

impl Tx<'_> {
    pub(crate) fn executor(&self) -> Executor<'_> {
        Executor::Tx(&self.state)
    }
}

repositories!(Tx<'_>);

/// What an open transaction is made of.
pub(crate) struct TxState<'c> {
    pub(crate) inner: &'c Inner,
    connection: &'c AsyncPgConnection,
    /// BEGIN was sent.
    begun: AtomicBool,
    /// What is to be evicted after COMMIT.
    pub(crate) changes: TxChanges,
    /// A statement failed: Postgres would answer COMMIT with a silent rollback, so that COMMIT must not be sent.
    failed: AtomicBool,
}

impl TxState<'_> {
    /// Runs statements on the transaction's connection. The first of them takes BEGIN along, which saves every
    /// transaction a round trip.
    pub(crate) async fn run<R: Send>(
        &self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send,
    ) -> Result<R> {
        let started = Instant::now();
        let answer = work(self.connection);
        let outcome = if self.begun.swap(true, Ordering::Relaxed) {
            answer.await
        } else {
            // `join` polls in order, and what is polled first is written first.
            let mut conn = self.connection;
            let (begun, outcome) = join(conn.batch_execute("BEGIN"), answer).await;
            begun.and(outcome)
        };
        outcome.map_err(|error| {
            if !matches!(error, diesel::result::Error::NotFound) {
                self.failed.store(true, Ordering::Relaxed);
            }
            classify(operation, started.elapsed(), error)
        })
    }
}

/// Runs `work` in a transaction of its own, for an operation of this crate.
pub(crate) async fn run<R>(
    inner: &Inner,
    operation: &'static str,
    work: impl AsyncFnOnce(Executor<'_>) -> Result<R>,
) -> Result<R> {
    enclose(inner, operation, async |tx: &Tx<'_>| work(tx.executor()).await).await
}

/// Runs `work` in a transaction.
///
/// A future that is dropped on the way leaves its lease busy: the pool then cancels what runs and closes the connection,
/// so that nothing is committed and nobody inherits an open transaction.
pub(crate) async fn enclose<R, E: From<Error>>(
    inner: &Inner,
    operation: &'static str,
    work: impl AsyncFnOnce(&Tx<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let lease = inner.pool.lease(operation).await?;
    let connection = lease.begin()?;
    let state = TxState {
        inner,
        connection,
        begun: false.into(),
        changes: TxChanges::default(),
        failed: false.into(),
    };
    let tx = Tx { state };
    let outcome = work(&tx).await;
    let TxState { begun, changes, failed, .. } = tx.state;
    let (begun, failed) = (begun.into_inner(), failed.into_inner());
    match outcome {
        _ if !begun => {
            lease.end();
            outcome
        }
        Ok(value) if !failed => {
            let doubt = changes.into_doubt(inner);
            let committed = finish(&lease, connection, "COMMIT", &doubt.fate).await;
            // Evicting may take a connection of the pool.
            drop(lease);
            doubt.settle(committed).await?;
            Ok(value)
        }
        outcome => {
            // Where even this fails the lease stays busy, and its connection is closed: that rolls back as well.
            let _ = finish(&lease, connection, "ROLLBACK", &Fate::default()).await;
            outcome.and_then(|_| Err(swallowed(operation).into()))
        }
    }
}

async fn finish(
    lease: &Lease<'_>,
    mut connection: &AsyncPgConnection,
    statement: &str,
    fate: &Fate,
) -> Result<()> {
    fate.sent();
    connection.batch_execute(statement).await.map_err(|error| {
        if lost_connection(&error) {
            fate.lost();
        }
        lease.failed(error)
    })?;
    lease.end();
    Ok(())
}

fn swallowed(operation: &'static str) -> Error {
    Error::bug(
        operation,
        "a statement of the transaction failed and its error was dropped by the caller, so nothing was committed",
    )
}
