//! A connection beside the pool, for statements that may take minutes and hold no lock that readers or writers run into.

use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{LONGEST, MAKE};
use crate::engine::classify;
use crate::engine::pool::Connector;
use crate::error::{Error, Reason, Result};

/// Longest wait for a lock that nobody but other maintenance runs into. Longer than `deadlock_timeout`, so that an autovacuum
/// makes room.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Direct {
    connection: AsyncPgConnection,
}

impl Direct {
    pub(super) async fn connect(connector: &Connector) -> Result<Self> {
        let since = Instant::now();
        let connection = connector.connect().await.map_err(|error| {
            Error::unavailable(MAKE, since.elapsed(), Reason::Unreachable(error.to_string()))
        })?;
        Ok(Self { connection })
    }

    /// Runs a statement under locks that readers and writers run into: both the wait for them and its time are short.
    pub(super) async fn briefly(&mut self, lock_wait: Duration, statement: &str) -> Result<()> {
        self.within(lock_wait, LONGEST, statement).await
    }

    /// Runs a statement that takes as long as it takes, beside readers and writers.
    pub(super) async fn at_leisure(&mut self, statement: &str) -> Result<()> {
        self.within(PATIENCE, Duration::ZERO, statement).await
    }

    /// One message, which is one transaction: the limits are gone after it.
    async fn within(&mut self, wait: Duration, run: Duration, statement: &str) -> Result<()> {
        let since = Instant::now();
        let message = format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; {statement}",
            wait.as_millis(),
            run.as_millis()
        );
        let outcome = self.connection.batch_execute(&message).await;
        outcome.map_err(|error| classify(MAKE, since.elapsed(), error))
    }

    /// Reads one row, however long it takes.
    pub(super) async fn read<R, Q>(&mut self, query: Q) -> Result<Option<R>>
    where
        R: QueryableByName<Pg> + Send + 'static,
        Q: diesel::query_builder::Query<SqlType = diesel::sql_types::Untyped>
            + QueryFragment<Pg>
            + QueryId
            + Send
            + 'static,
    {
        let since = Instant::now();
        let failed = |error| classify(MAKE, since.elapsed(), error);
        self.connection.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await.map_err(failed)?;
        let rows: Vec<R> = query.load(&mut self.connection).await.map_err(failed)?;
        self.connection.batch_execute("COMMIT").await.map_err(failed)?;
        Ok(rows.into_iter().next())
    }
}
