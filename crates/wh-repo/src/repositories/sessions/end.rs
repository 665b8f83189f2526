//! The end of sessions.

use std::time::Duration;

use wh_types::{SessionId, UserId};

use super::Sessions;
use crate::engine::{Affected, NotCached, Repeat, batch, sql};
use crate::error::{Error, Result};

impl Sessions<'_> {
    /// Ends a session of a user (`RevokeSession`); the time of the first call stays. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that does not exist or is another user's.
    #[doc(alias = "RevokeSession")]
    pub async fn revoke(self, id: SessionId, user: UserId) -> Result<()> {
        let revoke = sql!("revoke.sql").bind(id).bind(user);
        let changed =
            self.executor.write("sessions.revoke", NotCached, Repeat::Safe, Affected(revoke)).await?;
        if changed.count() == 0 { Err(Error::not_found("session")) } else { Ok(()) }
    }

    /// Ends all sessions of a user but one, and says how many that were (`RevokeOtherSessions`). Safe to send again: after a
    /// lost answer it counts what was left to end. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "RevokeOtherSessions")]
    pub async fn revoke_others(self, user: UserId, except: SessionId) -> Result<usize> {
        let revoke = sql!("revoke_others.sql").bind(user).bind(except);
        let changed =
            self.executor.write("sessions.revoke_others", NotCached, Repeat::Safe, Affected(revoke));
        Ok(changed.await?.count())
    }

    /// Deletes sessions that were revoked longer ago than `max_age`, and those that died of not being seen for 30 days
    /// (`PruneRevokedSessions`), and says how many. `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean
    /// 10,000): call it until it gives fewer, or have [`Maintenance::run`](crate::Maintenance::run) do so. Any number of
    /// processes may prune at once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    #[doc(alias = "PruneRevokedSessions")]
    pub async fn prune(self, max_age: Duration, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let seconds = max_age.as_secs_f64().min(1e9);
        let prune = sql!("prune.sql").bind(seconds).bind(limit);
        let pruned = self.executor.write("sessions.prune", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
