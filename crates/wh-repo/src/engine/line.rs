//! A connection that counts what is in flight on it.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel_async::AsyncPgConnection;

use super::statement::{Answer, Statement};

/// A leased connection. Answers that nobody waited for stay counted, so the connection is not lent again.
#[derive(Clone, Copy)]
pub(crate) struct Line<'c> {
    postgres: &'c AsyncPgConnection,
    in_flight: &'c AtomicU32,
}

impl<'c> Line<'c> {
    pub(super) const fn new(postgres: &'c AsyncPgConnection, in_flight: &'c AtomicU32) -> Self {
        Self { postgres, in_flight }
    }

    /// Sends a statement. It is in flight until its answer was read to the end.
    pub(crate) fn send<R: Send + 'c>(self, statement: &impl Statement<R>) -> Answer<'c, R> {
        let answer = statement.send(self.postgres);
        Box::pin(self.track(answer))
    }

    /// Sends statements without values and without rows.
    pub(super) async fn batch(self, statements: &'static str) -> diesel::QueryResult<()> {
        use diesel_async::SimpleAsyncConnection;
        let mut postgres = self.postgres;
        self.track(postgres.batch_execute(statements)).await
    }

    /// How many answers are not there yet, those that were dropped among them.
    pub(super) fn in_flight(self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Counts from the call on, not from the first poll.
    pub(super) fn track<T>(self, answer: impl Future<Output = T>) -> impl Future<Output = T> {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        async move {
            let answer = answer.await;
            self.in_flight.fetch_sub(1, Ordering::AcqRel);
            answer
        }
    }

    pub(super) const fn postgres(self) -> &'c AsyncPgConnection {
        self.postgres
    }
}
