//! Writes, which take what they change out of the cache.

use diesel::OptionalExtension;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;

use super::Doubt;
use crate::changes::{About, Changed, Changes};
use crate::error::Result;
use crate::session::{ATTEMPTS, Answer, Fate, Session};

/// A session for one statement that changes what may be cached. Its answer tells what was changed; what it is about is
/// said beforehand, for when the answer is lost.
pub(crate) struct Changing<'a> {
    session: Session<'a>,
    about: About,
}

impl<'a> Session<'a> {
    /// This session, for a statement that changes what may be cached.
    pub(crate) fn changing(self, about: About) -> Changing<'a> {
        Changing { session: self, about }
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
    /// As [`Session::run`].
    pub(crate) async fn run<R: Changes + Send>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, ATTEMPTS, work).await
    }

    /// As [`Session::find`].
    pub(crate) async fn find<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    /// As [`Session::find_once`].
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
        match self.session {
            Session::Pool(inner) => {
                let doubt = Doubt::new(inner, vec![self.about], vec![]);
                let outcome = self.session.attempt(operation, attempts, &doubt.fate, work).await;
                doubt.settle(outcome).await
            }
            Session::Tx(tx) => {
                let sent = tx.changes.sent(self.about);
                let answer = self.session.attempt(operation, attempts, &Fate::default(), work).await?;
                tx.changes.answered(&sent, &answer);
                Ok(answer)
            }
        }
    }
}
