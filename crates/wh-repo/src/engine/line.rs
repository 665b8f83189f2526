//! A connection that counts what is in flight on it.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::condition::Condition;
use super::failure::{must_bury, read_only, stale_plan};
use super::statement::{Answer, Statement};

/// A leased connection. Answers that nobody waited for stay counted, so the connection is not lent again.
#[derive(Clone, Copy)]
pub(crate) struct Line<'c> {
    postgres: &'c AsyncPgConnection,
    condition: &'c Condition,
}

impl<'c> Line<'c> {
    pub(super) const fn new(postgres: &'c AsyncPgConnection, condition: &'c Condition) -> Self {
        Self { postgres, condition }
    }

    /// Sends a statement. It is in flight until its answer was read to the end.
    pub(crate) fn send<R: Send + 'c>(self, statement: &impl Statement<R>) -> Answer<'c, R> {
        let answer = statement.send(self.postgres);
        Box::pin(self.track(answer))
    }

    /// Sends statements without values and without rows.
    pub(super) async fn batch(self, statements: &'static str) -> QueryResult<()> {
        use diesel_async::SimpleAsyncConnection;
        let mut postgres = self.postgres;
        self.track(postgres.batch_execute(statements)).await
    }

    /// How many answers are not there yet, those that were dropped among them.
    pub(super) fn in_flight(self) -> u32 {
        self.condition.in_flight()
    }

    /// A transaction is opened, which is to be rolled back should nobody end it.
    pub(super) fn begins_transaction(self) {
        self.condition.begin_transaction();
    }

    /// Counts from the call on, not from the first poll. Buries the connection after a failure that the next statement would
    /// share.
    pub(super) fn track<T>(
        self,
        answer: impl Future<Output = QueryResult<T>>,
    ) -> impl Future<Output = QueryResult<T>> {
        self.condition.sent();
        async move {
            let answer = answer.await;
            self.condition.answered();
            match &answer {
                Err(error) if read_only(error) => self.condition.bury_read_only(),
                Err(error) if stale_plan(error) => self.condition.bury_stale(),
                Err(error) if must_bury(error) => self.condition.bury(),
                _ => {}
            }
            answer
        }
    }
}
