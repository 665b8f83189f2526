//! Where a repository sends its statements: over a pooled connection, or inside its caller's transaction.

use std::time::Duration;

use diesel::QueryResult;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join};
use tracing::Instrument;

use super::bound::{Bound, Failure};
use super::eviction::Doubt;
use super::failure::{deadlocked, lost_connection, stale_plan};
use super::fate::Fate;
use super::line::Line;
use super::pause;
use super::rows::Rows;
use super::scope::Scope;
use super::statement::Statement;
use super::transaction::{self, TxState};
use crate::cache::{Changed, ReadThrough};
use crate::engine::Inner;
use crate::error::{Error, Reason, Result};

/// How often a repeatable operation is sent in all. After a restart of the server several connections of the pool may be
/// dead before the driver has noticed.
pub(super) const ATTEMPTS: u32 = 3;

/// How much a read may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// One row, by a key.
    Key,
    /// At most one page of rows, by an index.
    Page,
    /// Whatever takes longer, or locks.
    Long,
}

/// Whether the executor may send a write again after its connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The write is idempotent, and so is its answer.
    Safe,
    /// Sent twice, it would do more or answer otherwise. A lost answer is [`Error::Unavailable`], marked as in doubt.
    Never,
}

/// What every repository handle holds. `Copy`, so that a handle is as light as the reference inside.
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

    /// Reads through the cache; inside a transaction past it, since a transaction sees rows of its own.
    pub(crate) fn cached(self) -> ReadThrough<'a> {
        match self {
            Self::Pool(inner) => inner.cache.read_through(&inner.keys),
            Self::Tx(tx) => ReadThrough::off(&tx.inner.keys),
        }
    }

    /// Sends a statement that changes nothing. Outside a transaction a connection that turns out to be dead is replaced and
    /// the statement is sent again: a caller never sees the restart of an idle server.
    pub(crate) async fn read<R: Send + 'static>(
        self,
        operation: &'static str,
        class: Class,
        statement: impl Statement<R> + Send,
    ) -> Result<Rows<R>> {
        let span = tracing::debug_span!(
            "db",
            db.system.name = "postgresql",
            db.operation.name = operation,
            wh.class = ?class
        );
        let fate = Fate::default();
        let rows = self.attempt(operation, ATTEMPTS, &fate, |line| line.send(&statement));
        rows.instrument(span).await.map(Rows::new)
    }

    /// Sends two different reads together, in one round trip.
    pub(crate) async fn read_both<A: Send + 'static, B: Send + 'static>(
        self,
        operation: &'static str,
        first: impl Statement<A> + Send,
        second: impl Statement<B> + Send,
    ) -> Result<(Rows<A>, Rows<B>)> {
        let fate = Fate::default();
        let answers = self.attempt(operation, ATTEMPTS, &fate, |line| {
            try_join(line.send(&first), line.send(&second)).boxed()
        });
        let (first, second) = answers.instrument(span(operation)).await?;
        Ok((Rows::new(first), Rows::new(second)))
    }

    /// Sends a statement that changes something: what of it may be cached, and whether it may be sent again.
    pub(crate) async fn write<R: Send + 'static, S: Scope<R> + Send + Sync>(
        self,
        operation: &'static str,
        scope: S,
        repeat: Repeat,
        statement: impl Statement<R> + Send,
    ) -> Result<Rows<R>> {
        self.change(operation, scope, repeat, statement, false).await
    }

    /// As [`write`](Self::write), for a statement that breaks a unique rule if it loses a race. The caller's transaction stays
    /// usable then, at one more round trip.
    pub(crate) async fn write_or_undo<R: Send + 'static, S: Scope<R> + Send + Sync>(
        self,
        operation: &'static str,
        scope: S,
        repeat: Repeat,
        statement: impl Statement<R> + Send,
    ) -> Result<Rows<R>> {
        self.change(operation, scope, repeat, statement, true).await
    }

    async fn change<R: Send + 'static, S: Scope<R> + Send + Sync>(
        self,
        operation: &'static str,
        scope: S,
        repeat: Repeat,
        statement: impl Statement<R> + Send,
        or_undo: bool,
    ) -> Result<Rows<R>> {
        let attempts = if repeat == Repeat::Safe { ATTEMPTS } else { 1 };
        let rows = async {
            match self {
                Self::Pool(inner) => {
                    let doubt = Doubt::new(inner, scope.about().into_iter().collect(), vec![]);
                    let outcome =
                        self.attempt(operation, attempts, &doubt.fate, |line| line.send(&statement)).await;
                    let outcome = outcome.map_err(|error| error.in_doubt_if(doubt.fate.is_lost()));
                    doubt.settle(outcome, |rows, changed| S::changed(rows, changed)).await
                }
                Self::Tx(tx) => {
                    let sent = tx.pending.sent(scope.about());
                    let rows = if or_undo {
                        tx.run_or_undo(operation, |line| line.send(&statement)).await?
                    } else {
                        tx.run(operation, |line| line.send(&statement)).await?
                    };
                    tx.pending.answered(&sent, |changed| S::changed(&rows, changed));
                    Ok(rows)
                }
            }
        };
        rows.instrument(span(operation)).await.map(Rows::new)
    }

    /// Sends work up to so many times, and records what became of it also where no answer tells.
    pub(super) async fn attempt<T: Send + 'static>(
        self,
        operation: &'static str,
        attempts: u32,
        fate: &Fate,
        work: impl for<'c> Fn(Line<'c>) -> BoxFuture<'c, QueryResult<T>> + Send + Sync,
    ) -> Result<T> {
        let inner = match self {
            Self::Pool(inner) => inner,
            Self::Tx(tx) => return tx.run(operation, work).await,
        };
        let bound = Bound::after(inner.pool.statement_timeout());
        let mut attempt = 1;
        let mut step_aside = false;
        loop {
            if step_aside {
                Box::pin(pause::step_aside(attempt)).await;
            }
            let lease = inner.pool.lease(operation).await?;
            let line = lease.begin()?;
            fate.sent();
            let error = match bound.hold(work(line)).await {
                Ok(value) => {
                    lease.end();
                    return Ok(value);
                }
                // The lease stays busy, so the pool cancels the statement and closes the connection.
                Err(Failure::NoAnswer(waited)) => {
                    fate.lost();
                    return Err(no_answer(operation, waited));
                }
                Err(Failure::Statement(error)) => error,
            };
            let again = if lost_connection(&error) {
                fate.lost();
                lease.bury();
                attempt < attempts
            } else {
                lease.end();
                // Nothing was carried out, whatever the work is. Postgres sees deadlocks even where all lock in one order: a row that
                // is locked first and updated then, while rows that refer to it come in. After a stale plan the next connection is
                // a new one.
                attempt < ATTEMPTS
                    && (stale_plan(&error) || deadlocked(&error) || inner.pool.may_find_a_primary(&error))
            };
            if !again {
                return Err(lease.failed(error));
            }
            tracing::debug!(operation, attempt, "sending the operation again");
            step_aside = deadlocked(&error);
            attempt += 1;
        }
    }

    /// Evicts now, or after the COMMIT of the transaction.
    pub(crate) async fn evict(self, changed: &[Changed]) {
        match self {
            Self::Pool(inner) => inner.cache.evict(&inner.keys, changed).await,
            Self::Tx(tx) => tx.pending.add(changed),
        }
    }

    /// Runs several statements as one: in a transaction of its own on the pool, in the caller's inside one. Work that
    /// refuses must have written nothing by then, since the caller's transaction may still be committed.
    pub(crate) async fn atomic<R>(
        self,
        operation: &'static str,
        work: impl AsyncFnOnce(Executor<'_>) -> Result<R> + Clone,
    ) -> Result<R> {
        match self {
            Self::Tx(tx) => tx.whole(Box::pin(work(self))).instrument(span(operation)).await,
            Self::Pool(inner) => transaction::run(inner, operation, work).instrument(span(operation)).await,
        }
    }
}

pub(super) fn no_answer(operation: &'static str, waited: Duration) -> Error {
    Error::unavailable(operation, waited, Reason::NoAnswer)
}

fn span(operation: &'static str) -> tracing::Span {
    tracing::debug_span!("db", db.system.name = "postgresql", db.operation.name = operation)
}
