//! The end of sessions.

use std::time::Duration;

use diesel::sql_query;
use diesel::sql_types::{BigInt, Double};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_types::{SessionId, UserId};

use super::Sessions;
use crate::engine::batch;
use crate::engine::prepared;
use crate::error::{Error, Result};

const REVOKE: &str = "\
UPDATE sessions SET revoked_at = coalesce(revoked_at, wh_now()) WHERE id = $1 AND user_id = $2";

const REVOKE_OTHERS: &str = "\
UPDATE sessions SET revoked_at = wh_now() WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL";

/// The keys as an array: joined by key, a plan for all limits would read the whole table.
const PRUNE: &str = "\
WITH revoked AS MATERIALIZED (SELECT id FROM sessions WHERE revoked_at IS NOT NULL \
    AND revoked_at < wh_now() - make_interval(secs => $1) ORDER BY revoked_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
idle AS MATERIALIZED (SELECT id FROM sessions WHERE last_seen_at < wh_now() - interval '720 hours' \
    AND (revoked_at IS NULL OR revoked_at >= wh_now() - make_interval(secs => $1)) \
    ORDER BY last_seen_at LIMIT $2 - (SELECT count(*) FROM revoked) FOR UPDATE SKIP LOCKED) \
DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM revoked UNION ALL SELECT id FROM idle))";

impl Sessions<'_> {
    /// Ends a session of a user (`RevokeSession`); the time of the first call stays. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that does not exist or is another user's.
    pub async fn revoke(self, id: SessionId, user: UserId) -> Result<()> {
        let changed = self
            .executor
            .run("sessions.revoke", |mut conn| {
                prepared(sql_query(REVOKE).bind::<BigInt, _>(id).bind::<BigInt, _>(user))
                    .execute(&mut conn)
                    .boxed()
            })
            .await?;
        if changed == 0 { Err(Error::not_found("session")) } else { Ok(()) }
    }

    /// Ends all sessions of a user but one, and says how many that were (`RevokeOtherSessions`). Safe to send again: after a
    /// lost answer it counts what was left to end. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoke_others(self, user: UserId, except: SessionId) -> Result<usize> {
        self.executor
            .run("sessions.revoke_others", |mut conn| {
                prepared(sql_query(REVOKE_OTHERS).bind::<BigInt, _>(user).bind::<BigInt, _>(except))
                    .execute(&mut conn)
                    .boxed()
            })
            .await
    }

    /// Deletes sessions that were revoked longer ago than `max_age`, and those that died of not being seen for 30 days
    /// (`PruneRevokedSessions`), and says how many. `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean
    /// 10,000): call it until it gives fewer, or have [`Maintenance::run`](crate::Maintenance::run) do so. Any number of
    /// processes may prune at once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    pub async fn prune(self, max_age: Duration, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let seconds = max_age.as_secs_f64().min(1e9);
        self.executor
            .run("sessions.prune", |mut conn| {
                prepared(sql_query(PRUNE).bind::<Double, _>(seconds).bind::<BigInt, _>(limit))
                    .execute(&mut conn)
                    .boxed()
            })
            .await
    }
}
