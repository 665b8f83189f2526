//! Transactions: several operations, committed together or not at all.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use diesel::QueryResult;
use futures_util::future::{BoxFuture, join};

use super::bound::{Bound, Failure};
use super::eviction::Pending;
use super::executor::{ATTEMPTS, Executor, no_answer};
use super::failure::{broke_rule, classify, deadlocked, lost_connection, stale_plan};
use super::fate::Fate;
use super::line::Line;
use super::pause::step_aside;
use super::pool::Lease;
use crate::engine::Inner;
use crate::error::{Error, Result};

/// Opens a transaction. Whatever the role's or the database's default is, the operations rest on this isolation level.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Opens a transaction together with its first savepoint.
const BEGIN_AND_SAVE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SAVEPOINT wh_undo";

/// Sets the savepoint, of which there is one at a time.
const SAVE: &str = "SAVEPOINT wh_undo";
const SAVE_AGAIN: &str = "RELEASE SAVEPOINT wh_undo; SAVEPOINT wh_undo";

/// Undoes everything since the savepoint, and keeps it.
const UNDO: &str = "ROLLBACK TO SAVEPOINT wh_undo";

/// Fails in a transaction that a failed statement has aborted, where COMMIT alone would be answered with a silent rollback.
const PROOF: &str = "SELECT";

/// An open transaction. It gives the same repositories as [`Database`](crate::Database). Everything done through them is
/// committed together when the closure of [`Database::transaction`](crate::Database::transaction) returns `Ok`.
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

/// What an open transaction is made of.
pub(crate) struct TxState<'c> {
    pub(crate) inner: &'c Inner,
    line: Line<'c>,
    bound: Bound,
    /// BEGIN was sent.
    begun: AtomicBool,
    /// There is a savepoint.
    saved: AtomicBool,
    /// How many operations were sent.
    sent: AtomicU32,
    /// What is to be evicted after COMMIT.
    pub(super) pending: Pending,
    /// A statement failed, or an operation of several statements was dropped half-way: COMMIT must not be sent.
    failed: AtomicBool,
    /// It failed for a reason that a new connection, or another try, does not have.
    passing: AtomicBool,
}

impl TxState<'_> {
    /// Runs statements on the transaction's connection. The first of them takes BEGIN along, which saves every
    /// transaction a round trip.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl for<'c> Fn(Line<'c>) -> BoxFuture<'c, QueryResult<T>> + Send + Sync,
    ) -> Result<T> {
        let started = Instant::now();
        self.sent.fetch_add(1, Ordering::Relaxed);
        let outcome = if self.begun.swap(true, Ordering::Relaxed) {
            self.bound.hold(work(self.line)).await
        } else {
            self.line.begins_transaction();
            // `join` polls in order, and what is polled first is written first.
            let both = async {
                let (begun, outcome) = join(self.line.batch(BEGIN), work(self.line)).await;
                begun.and(outcome)
            };
            self.bound.hold(both).await
        };
        outcome.map_err(|failure| self.lose(operation, started, failure))
    }

    /// As [`run`](Self::run), but a unique rule that the statement breaks undoes this statement alone, in one more round trip.
    /// Statements that were sent beside it would be undone as well: the transaction is lost then.
    pub(super) async fn run_or_undo<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl for<'c> Fn(Line<'c>) -> BoxFuture<'c, QueryResult<T>> + Send + Sync,
    ) -> Result<T> {
        let started = Instant::now();
        let before = self.line.in_flight();
        let number = self.sent.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let begun = self.begun.swap(true, Ordering::Relaxed);
        let opening = match (begun, self.saved.swap(true, Ordering::Relaxed)) {
            (false, _) => BEGIN_AND_SAVE,
            (true, false) => SAVE,
            (true, true) => SAVE_AGAIN,
        };
        let both = async {
            let (opened, outcome) = join(self.line.batch(opening), work(self.line)).await;
            opened.and(outcome)
        };
        let failure = match self.bound.hold(both).await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let alone = before == 0 && self.sent.load(Ordering::Relaxed) == number;
        match failure {
            Failure::Statement(error) if alone && broke_rule(&error) => {
                match self.bound.hold(self.line.batch(UNDO)).await {
                    Ok(()) => Err(classify(operation, started.elapsed(), error)),
                    Err(failure) => Err(self.lose(operation, started, failure)),
                }
            }
            failure => Err(self.lose(operation, started, failure)),
        }
    }

    /// Notes that the transaction cannot be committed.
    fn lose(&self, operation: &'static str, started: Instant, failure: Failure) -> Error {
        if !matches!(failure, Failure::Statement(diesel::result::Error::NotFound)) {
            self.failed.store(true, Ordering::Relaxed);
        }
        match failure {
            Failure::Statement(error) => {
                if lost_connection(&error) || stale_plan(&error) || deadlocked(&error) {
                    self.passing.store(true, Ordering::Relaxed);
                }
                classify(operation, started.elapsed(), error)
            }
            Failure::NoAnswer(waited) => no_answer(operation, waited),
        }
    }

    /// Runs an operation of several statements. Dropped before its end it is half done, so the transaction is lost.
    pub(super) async fn whole<R>(&self, operation: impl Future<Output = Result<R>>) -> Result<R> {
        let half_way = HalfWay(&self.failed);
        let outcome = operation.await;
        std::mem::forget(half_way);
        outcome
    }
}

struct HalfWay<'a>(&'a AtomicBool);

impl Drop for HalfWay<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` in a transaction of its own, for an operation of this crate. It is run again where nothing can have been
/// committed: its connection was lost before COMMIT was sent, it lost a deadlock, or a migration changed its tables.
pub(super) async fn run<R>(
    inner: &Inner,
    operation: &'static str,
    work: impl AsyncFnOnce(Executor<'_>) -> Result<R> + Clone,
) -> Result<R> {
    let mut attempt = 1;
    loop {
        let mut passing = false;
        let work = work.clone();
        // On the heap: the futures of operations stay small.
        let outcome = Box::pin(attempt_once(
            inner,
            operation,
            async |tx: &Tx<'_>| work(tx.executor()).await,
            &mut passing,
        ))
        .await;
        if outcome.is_ok() || !passing || attempt == ATTEMPTS {
            return outcome;
        }
        tracing::debug!(operation, attempt, "running the transaction again");
        attempt += 1;
        Box::pin(step_aside(attempt)).await;
    }
}

/// Runs `work` in a transaction.
///
/// A future that is dropped on the way leaves its lease busy. The pool then cancels what runs and closes the connection,
/// so nothing is committed and nobody inherits an open transaction.
pub(crate) async fn enclose<R, E: From<Error>>(
    inner: &Inner,
    operation: &'static str,
    work: impl AsyncFnOnce(&Tx<'_>) -> Result<R, E>,
) -> Result<R, E> {
    attempt_once(inner, operation, work, &mut false).await
}

/// Tells in `passing` whether another try may succeed, and nothing was committed by this one.
async fn attempt_once<R, E: From<Error>>(
    inner: &Inner,
    operation: &'static str,
    work: impl AsyncFnOnce(&Tx<'_>) -> Result<R, E>,
    passing: &mut bool,
) -> Result<R, E> {
    let lease = inner.pool.lease(operation).await?;
    let line = lease.begin()?;
    let bound = Bound::after(inner.pool.statement_timeout());
    let tx = Tx {
        state: TxState {
            inner,
            line,
            bound,
            begun: false.into(),
            saved: false.into(),
            sent: 0.into(),
            pending: Pending::default(),
            failed: false.into(),
            passing: false.into(),
        },
    };
    let outcome = work(&tx).await;
    let TxState { begun, pending, failed, passing: may_pass, .. } = tx.state;
    let (begun, failed) = (begun.into_inner(), failed.into_inner());
    *passing = may_pass.into_inner();
    match outcome {
        _ if !begun => {
            lease.end();
            outcome
        }
        Ok(value) if !failed => {
            let doubt = pending.into_doubt(inner);
            let committed = commit(&lease, line, bound, operation, &doubt.fate).await;
            // Evicting may take a connection of the pool.
            drop(lease);
            doubt.settle(committed, |(), _| {}).await?;
            Ok(value)
        }
        outcome => {
            if *passing {
                lease.bury();
            }
            // An answer that nobody waited for may take long. The busy lease then closes the connection, which rolls back as well.
            if line.in_flight() == 0 && bound.hold(line.batch("ROLLBACK")).await.is_ok() {
                lease.end();
            }
            outcome.and_then(|_| Err(swallowed(operation).into()))
        }
    }
}

/// Commits, unless a statement has failed: also one that was dropped, and failed only afterwards.
async fn commit(
    lease: &Lease,
    line: Line<'_>,
    bound: Bound,
    operation: &'static str,
    fate: &Fate,
) -> Result<()> {
    let started = Instant::now();
    fate.sent();
    // Sent together. Postgres answers in order, so both answers also end whatever was in flight before them.
    let (proof, committed) =
        match bound.hold(async { Ok(join(line.batch(PROOF), line.batch("COMMIT")).await) }).await {
            Ok(both) => both,
            Err(Failure::NoAnswer(waited)) => {
                fate.lost();
                return Err(no_answer(operation, waited).in_doubt_if(true));
            }
            Err(Failure::Statement(error)) => (Err(error), Ok(())),
        };
    match (proof, committed) {
        (Ok(()), Ok(())) => {
            lease.settled();
            Ok(())
        }
        (Err(error), Ok(())) if !lost_connection(&error) => {
            lease.settled();
            Err(swallowed(operation))
        }
        (_, Err(error)) | (Err(error), _) => {
            if lost_connection(&error) {
                fate.lost();
                lease.bury();
            } else {
                lease.settled();
            }
            Err(classify(operation, started.elapsed(), error).in_doubt_if(fate.is_lost()))
        }
    }
}

fn swallowed(operation: &'static str) -> Error {
    Error::bug(
        operation,
        "a statement of the transaction failed, or an operation was dropped half-way, and the caller went on: nothing was \
         committed",
    )
}
