//! Instants that Postgres can hold.

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};

/// The first instant of Postgres, 24 November 4714 BC; chrono goes back further. At the other end Postgres has more.
const EARLIEST: DateTime<Utc> = match DateTime::from_timestamp(-210_866_803_200, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

/// Refuses an instant that no row can hold, before a statement fails and takes the transaction with it.
pub(crate) fn check(field: &'static str, instant: DateTime<Utc>) -> Result<()> {
    if instant < EARLIEST {
        let problem = format!("{instant} is too long ago: {EARLIEST} is the first that can be stored");
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

/// An instant to compare rows with: none of them lies before the first.
pub(crate) fn bound(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.max(EARLIEST)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The database's time, or what a test has put into the setting `wh.now`.
    #[sql_name = "wh_now"]
    fn now() -> Timestamptz;
}
