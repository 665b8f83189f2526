//! Closures over a connection, until every repository hands over statements.

use diesel::{OptionalExtension, QueryResult};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::eviction::Doubt;
use super::executor::{ATTEMPTS, Executor};
use super::fate::Fate;
use super::scope::About;
use crate::cache::{Changed, Changes};
use crate::error::Result;

pub(crate) type Answer<'c, R> = BoxFuture<'c, QueryResult<R>>;

pub(crate) struct Prepared<Q>(Q);

pub(crate) const fn prepared<Q>(query: Q) -> Prepared<Q> {
    Prepared(query)
}

mod as_query {
    use diesel::QueryResult;
    use diesel::pg::Pg;
    use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

    use super::Prepared;

    impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
        fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
            self.0.walk_ast(pass)
        }

        fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
            Ok(true)
        }
    }

    impl<Q> QueryId for Prepared<Q> {
        type QueryId = ();

        const HAS_STATIC_QUERY_ID: bool = false;
    }

    impl<Q: Query> Query for Prepared<Q> {
        type SqlType = Q::SqlType;
    }
}

impl<'a> Executor<'a> {
    pub(crate) async fn run<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, ATTEMPTS, &Fate::default(), |line| line.track(work(line.postgres())).boxed())
            .await
    }

    pub(crate) async fn run_once<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.attempt(operation, 1, &Fate::default(), |line| line.track(work(line.postgres())).boxed()).await
    }

    pub(crate) async fn find<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    pub(crate) async fn find_once<R: Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run_once(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    pub(crate) fn changing(self, about: About) -> Changing<'a> {
        Changing { executor: self, about }
    }

    /// Evicts now, or after the COMMIT of the transaction.
    pub(crate) async fn evict(self, changed: &[Changed]) {
        match self {
            Self::Pool(inner) => inner.cache.evict(&inner.keys, changed).await,
            Self::Tx(tx) => tx.pending.add(changed),
        }
    }
}

pub(crate) struct Changing<'a> {
    executor: Executor<'a>,
    about: About,
}

impl Changing<'_> {
    pub(crate) async fn run<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        self.times(operation, ATTEMPTS, work).await
    }

    pub(crate) async fn find<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.run(operation, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    pub(crate) async fn find_once<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<Option<R>> {
        self.times(operation, 1, |conn| work(conn).map(OptionalExtension::optional).boxed()).await
    }

    async fn times<R: Changes + Send + 'static>(
        self,
        operation: &'static str,
        attempts: u32,
        work: impl for<'c> Fn(&'c AsyncPgConnection) -> Answer<'c, R> + Send + Sync,
    ) -> Result<R> {
        match self.executor {
            Executor::Pool(inner) => {
                let doubt = Doubt::new(inner, vec![self.about], vec![]);
                let outcome = self
                    .executor
                    .attempt(operation, attempts, &doubt.fate, |line| {
                        line.track(work(line.postgres())).boxed()
                    })
                    .await;
                doubt.settle(outcome, |answer, changed| answer.changes(changed)).await
            }
            Executor::Tx(tx) => {
                let sent = tx.pending.sent(Some(self.about));
                let answer = tx.run(operation, |line| line.track(work(line.postgres())).boxed()).await?;
                tx.pending.answered(&sent, |changed| answer.changes(changed));
                Ok(answer)
            }
        }
    }
}
