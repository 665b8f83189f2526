//! One run at a time over one database, whatever process it is in.

use std::time::Instant;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Timestamptz};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::engine::classify;
use crate::engine::pool::Connector;
use crate::error::{Error, Reason, Result};

const OPERATION: &str = "maintenance.run";

/// The advisory lock of maintenance in its database.
const KEY: i64 = i64::from_be_bytes(*b"wh-maint");

const TRY: &str = "SELECT pg_try_advisory_xact_lock($1) AS taken, wh_now() AS now, \
    current_setting('transaction_read_only')::boolean AS read_only";

/// No time-out may end the transaction while others work. Sent as a simple query on purpose: it closes the portal of the one
/// before, whose snapshot would keep vacuum and index scans from forgetting what is deleted meanwhile.
const STAY: &str = "\
SELECT set_config(name, '0', true) FROM pg_settings \
WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')";

/// A connection that holds the lock in an open transaction. A transaction's lock passes a pooler, where that of a session
/// would stay behind; it goes with the connection, even where the process dies.
pub(super) struct Lock {
    connection: AsyncPgConnection,
    since: Instant,
    now: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    taken: bool,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    read_only: bool,
}

impl Lock {
    /// Takes the lock, or says at once that another run holds it. Refuses on a standby, where no step could do anything.
    pub(super) async fn take(connector: &Connector) -> Result<Option<Self>> {
        let since = Instant::now();
        let mut connection = connector.connect().await.map_err(|error| {
            Error::unavailable(OPERATION, since.elapsed(), Reason::Unreachable(error.to_string()))
        })?;
        let failed = |error| classify(OPERATION, since.elapsed(), error);
        connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(failed)?;
        let Answer { taken, now, read_only } = diesel::sql_query(TRY)
            .bind::<BigInt, _>(KEY)
            .get_result(&mut connection)
            .await
            .map_err(failed)?;
        if read_only {
            return Err(Error::unavailable(OPERATION, since.elapsed(), Reason::ReadOnly));
        }
        if !taken {
            return Ok(None);
        }
        connection.batch_execute(STAY).await.map_err(failed)?;
        Ok(Some(Self { connection, since, now }))
    }

    /// The database's time when the lock was taken.
    pub(super) const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Refuses once the connection, and the lock with it, is known to be gone. No round trip.
    pub(super) fn check(&mut self) -> Result<()> {
        if PoolableConnection::is_broken(&mut self.connection) {
            let lost = Reason::Server("the connection that held the lock of maintenance was lost".to_owned());
            return Err(Error::unavailable(OPERATION, self.since.elapsed(), lost));
        }
        Ok(())
    }

    /// Gives the lock back, so that whoever asks next gets it.
    pub(super) async fn release(mut self) {
        // Where this fails the connection is broken, and the lock went with it.
        let _ = self.connection.batch_execute("ROLLBACK").await;
    }
}
