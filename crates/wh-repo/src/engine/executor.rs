//! Where a repository runs its statements: on a pooled connection of its own, or in its caller's transaction.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::{OptionalExtension, QueryResult};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::database::Inner;
use crate::engine::transaction::{self, TxState};
use crate::engine::{deadlocked, lost_connection};
use crate::error::Result;

/// The answer to statements that were handed to a connection. Diesel turns a query into bytes when it is handed over, so
/// that an answer borrows the connection and nothing else: that is what keeps every operation `Send`.
pub(crate) type Answer<'c, R> = BoxFuture<'c, QueryResult<R>>;

/// How often work that is safe to repeat is sent in all. After the restart of a server more than one connection of the
/// pool is dead before the driver has noticed.
pub(crate) const ATTEMPTS: u32 = 3;

/// What became of the statements of an operation.
#[derive(Default)]
pub(crate) struct Fate {
    sent: AtomicBool,
    lost: AtomicBool,
}

impl Fate {
    /// One of them is on its way.
    pub(crate) fn sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// The connection was gone before an answer came: it may have been carried out, or not.
    pub(crate) fn lost(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

/// What every repository handle holds. `Copy`, so that handles are as light as the reference inside.
#[derive(Clone, Copy)]
pub(crate) enum Executor<'a> {
    /// Each operation takes a connection from the pool and gives it back.
    Pool(&'a Inner),
    /// Every operation runs on the connection of one open transaction.
    Tx(&'a TxState<'a>),
}

impl<'a> Executor<'a> {
    /// The key ring, the plans and whatever else does not depend on where statements run.
    pub(crate) fn inner(self) -> &'a Inner {
        match self {
            Self::Pool(inner) => inner,
            Self::Tx(tx) => tx.inner,
        }
    }

    /// Runs statements that may be sent again without harm. Outside a transaction a connection that turns out to be
    /// dead is replaced and the work is repeated: a caller never sees the restart of an idle server.
    pub(crate) async fn run<R: Send>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, ATTEMPTS, &Fate::default(), work).await
    }

    /// Runs statements that would do more when they are sent again (a claim takes the next job): a lost connection
    /// is the caller's to judge.
    pub(crate) async fn run_once<R: Send>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, 1, &Fate::default(), work).await
    }

    /// As [`run`](Self::run), for a statement that gives one row or none.
    pub(crate) async fn find<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    /// As [`run_once`](Self::run_once), for a statement that gives one row or none.
    pub(crate) async fn find_once<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run_once(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    /// Runs statements up to so many times, and says what became of them also where the answer is not there to tell.
    pub(crate) async fn attempt<R: Send>(
        self,
        operation: &'static str,
        attempts: u32,
        fate: &Fate,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt_all(operation, attempts, fate, work).instrument(span(operation)).await
    }

    async fn attempt_all<R: Send>(
        self,
        operation: &'static str,
        attempts: u32,
        fate: &Fate,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        let inner = match self {
            Self::Pool(inner) => inner,
            Self::Tx(tx) => return tx.run(operation, work).await,
        };
        let mut attempt = 1;
        loop {
            let lease = inner.pool.lease(operation).await?;
            let connection = lease.begin()?;
            fate.sent();
            let error = match work(connection).await {
                Ok(value) => {
                    lease.end();
                    return Ok(value);
                }
                Err(error) if lost_connection(&error) => {
                    fate.lost();
                    lease.bury();
                    error
                }
                // Nothing was done, whatever the work is. Postgres sees deadlocks even where all lock in one order: a row that
                // is locked first and updated then, while rows that refer to it come in.
                Err(error) if deadlocked(&error) && attempt < ATTEMPTS => {
                    lease.end();
                    tracing::debug!(operation, "a deadlock was ended at our cost, trying again");
                    attempt += 1;
                    continue;
                }
                Err(error) => {
                    lease.end();
                    return Err(lease.failed(error));
                }
            };
            if attempt >= attempts {
                return Err(lease.failed(error));
            }
            tracing::debug!(operation, "the connection was dead, trying another");
            attempt += 1;
        }
    }

    /// Runs several statements as one: in a transaction of its own on the pool, in the caller's inside one. Work that
    /// refuses must have written nothing by then, since the caller's transaction may still be committed.
    pub(crate) async fn atomic<R>(
        self,
        operation: &'static str,
        work: impl AsyncFnOnce(Executor<'_>) -> Result<R>,
    ) -> Result<R> {
        match self {
            Self::Tx(_) => work(self).instrument(span(operation)).await,
            Self::Pool(inner) => transaction::run(inner, operation, work).instrument(span(operation)).await,
        }
    }
}

fn span(operation: &'static str) -> tracing::Span {
    tracing::debug_span!("db", db.system.name = "postgresql", db.operation.name = operation)
}
