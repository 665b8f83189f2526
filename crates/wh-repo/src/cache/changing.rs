//! Writes, which take what they change out of the cache.

use diesel::OptionalExtension;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;

use super::Doubt;
use crate::cache::{About, Changed, Changes};
use crate::engine::{ATTEMPTS, Answer, Executor, Fate};
use crate::error::Result;

/// A session for one statement that changes what may be cached. Its answer tells what was changed; what it is about is
/// said beforehand, for when the answer is lost.
pub(crate) struct Changing<'a> {
    executor: Executor<'a>,
    about: About,
}

impl<'a> Executor<'a> {
    /// This session, for a statement that changes what may be cached.
    pub(crate) fn changing(self, about: About) -> Changing<'a> {
        Changing { executor: self, about }
    }

    /// Evicts now, or after the COMMIT of the transaction.
    pub(crate) async fn evict(self, changed: &[Changed]) {
        match self {
            Self::Pool(inner) => inner.cache.evict(&inner.keys, changed).await,
            Self::Tx(tx) => tx.changes.add(changed),
        }
    }
}

impl Changing<'_> {
    /// As [`Executor::run`].
    pub(crate) async fn run<R: Changes + Send>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, ATTEMPTS, work).await
    }

    /// As [`Executor::find`].
    pub(crate) async fn find<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    /// As [`Executor::find_once`].
    pub(crate) async fn find_once<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.attempt(operation, 1, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    async fn attempt<R: Changes + Send>(
        self,
        operation: &'static str,
        attempts: u32,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        match self.executor {
            Executor::Pool(inner) => {
                let doubt = Doubt::new(inner, vec![self.about], vec![]);
                let outcome = self.executor.attempt(operation, attempts, &doubt.fate, work).await;
                doubt.settle(outcome).await
            }
            Executor::Tx(tx) => {
                let sent = tx.changes.sent(self.about);
                let answer = self.executor.attempt(operation, attempts, &Fate::default(), work).await?;
                tx.changes.answered(&sent, &answer);
                Ok(answer)
            }
        }
    }
}
