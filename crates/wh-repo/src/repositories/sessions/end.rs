//! The end of sessions.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool};
use wh_types::{SessionId, UserId};

use super::{LONGEST, Sessions};
use crate::engine::{Affected, NotCached, Repeat, batch, sql};
use crate::error::{Error, Result};

#[derive(QueryableByName)]
struct Revoked {
    #[diesel(sql_type = Bool)]
    fresh: bool,
}

#[derive(QueryableByName)]
struct RevokedOthers {
    #[diesel(sql_type = BigInt)]
    ended: i64,
}

impl Sessions<'_> {
    /// Ends a session of a user. Returns whether this call ended it: false for one that was revoked before, whose time stays.
    /// One round trip.
    ///
    /// Not sent again by itself: if the answer is lost, the same call again is safe and returns false.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that does not exist or is another user's.
    #[doc(alias = "RevokeSession")]
    pub async fn revoke(self, id: SessionId, user: UserId) -> Result<bool> {
        let revoke = sql!("revoke.sql").bind(id).bind(user);
        let revoked = self.executor.write("sessions.revoke", NotCached, Repeat::Never, revoke).await?;
        revoked.first().map(|Revoked { fresh }| fresh).ok_or(Error::not_found("session"))
    }

    /// Ends all sessions of a user but one; returns how many this call ended. One round trip.
    ///
    /// Not sent again by itself: if the answer is lost, the same call again is safe and counts what was left to end.
    ///
    /// # Errors
    /// [`Error::NotFound`] if `except` is not a living session of this user. No session ends then.
    #[doc(alias = "RevokeOtherSessions")]
    pub async fn revoke_others(self, user: UserId, except: SessionId) -> Result<usize> {
        let revoke = sql!("revoke_others.sql").bind(user).bind(except).bind(self.lifetime());
        let others = self.executor.write("sessions.revoke_others", NotCached, Repeat::Never, revoke).await?;
        let RevokedOthers { ended } = others.first().ok_or(Error::not_found("session"))?;
        Ok(usize::try_from(ended).unwrap_or_default())
    }

    /// Deletes sessions that were revoked longer ago than `max_age`, and those that were not seen for a session lifetime;
    /// returns how many. `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it returns
    /// fewer, or let [`Maintenance::run`](crate::Maintenance::run) do so. Processes may prune concurrently. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    #[doc(alias = "PruneRevokedSessions")]
    pub async fn prune(self, max_age: Duration, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let seconds = max_age.as_secs_f64().min(LONGEST);
        let prune = sql!("prune.sql").bind(seconds).bind(limit).bind(self.lifetime());
        let pruned = self.executor.write("sessions.prune", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
