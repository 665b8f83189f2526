//! The bound on guesses of the second factor.
//!
//! Attempts are counted in a table of their own, over a connection of their own: neither the rollback of the caller's transaction
//! nor its lock on the user's row may stop the counting.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Double};
use wh_types::UserId;

use crate::engine::{Affected, Executor, NotCached, Repeat, sql};
use crate::error::{Denied, Error, Result};

/// Wrong answers of a user in 15 minutes, after which further ones are refused.
pub(super) const LIMIT: i32 = 5;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Bool)]
    beyond: bool,
    #[diesel(sql_type = Double)]
    seconds: f64,
}

/// Counts an attempt before it is judged, so that concurrent guesses are bounded too. Returns false for a user who does not
/// exist.
pub(super) async fn count(executor: Executor<'_>, user: UserId) -> Result<bool> {
    let outside = Executor::Pool(executor.inner());
    let count = sql!("second_factor/count.sql").bind(user).bind(LIMIT);
    match outside.write("second_factor.count", NotCached, Repeat::Never, count).await?.first() {
        None => Ok(false),
        Some(Counted { beyond: true, seconds }) => Err(denied(seconds)),
        Some(Counted { .. }) => Ok(true),
    }
}

/// Forgets the attempts of a user who gave a right answer.
pub(super) async fn forget(executor: Executor<'_>, user: UserId) -> Result<()> {
    let outside = Executor::Pool(executor.inner());
    let forget = Affected(sql!("second_factor/forget.sql").bind(user));
    outside.write("second_factor.forget", NotCached, Repeat::Safe, forget).await.map(|_| ())
}

/// The refusal of an attempt beyond the limit. The time to wait is rounded up to a second.
pub(super) fn denied(seconds: f64) -> Error {
    let wait = Duration::try_from_secs_f64(seconds.max(0.0).ceil()).unwrap_or_default();
    Denied::TooManyAttempts { wait }.into()
}
