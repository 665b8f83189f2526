//! Sign-ins that wait for the second factor.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use secrecy::SecretString;
use wh_types::UserId;

use crate::engine::{Affected, Executor, NotCached, Repeat, batch, sql};
use crate::error::{Error, Result};
use crate::repositories::users;
use crate::text::check;

/// Operations on sign-ins that wait for the second factor; made by
/// [`Database::pending_totps`](crate::Database::pending_totps) and [`Tx::pending_totps`](crate::Tx::pending_totps).
#[derive(Clone, Copy)]
pub struct PendingTotps<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A sign-in that waited for the second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSignIn {
    /// Who signs in.
    pub user: UserId,
    /// How they did, such as `google`.
    pub provider: String,
}

#[derive(QueryableByName)]
struct Consumed {
    #[diesel(sql_type = BigInt)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = Bool)]
    alive: bool,
}

impl PendingTotps<'_> {
    /// Longest life of a sign-in that waits.
    pub const MAX_TTL: Duration = Duration::from_hours(24);

    /// Stores a sign-in until the second factor is given; returns its token, the value of a cookie, of which only the hash is
    /// stored. One round trip; a second one if it is refused.
    ///
    /// Not idempotent: called again it returns another token. Both are good, each once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Denied::Deactivated`](crate::Denied::Deactivated);
    /// [`Error::Invalid`] for a provider of more than 32 characters or none, and for a life of no time or more than
    /// [`MAX_TTL`](Self::MAX_TTL).
    #[doc(alias = "CreatePendingTOTP")]
    pub async fn create(self, user: UserId, provider: &str, ttl: Duration) -> Result<SecretString> {
        check("provider", provider, 1, 32)?;
        if ttl.is_zero() || ttl > Self::MAX_TTL {
            return Err(Error::invalid(
                "ttl",
                format!("it is {ttl:?}: more than nothing and at most 24 hours"),
            ));
        }
        let token = wh_crypto::generate_token();
        let token = token.map_err(|error| Error::bug("pending_totps.create", error.to_string()))?;
        let hash = wh_crypto::hash_token(&token);
        let create =
            sql!("pending_totps/create.sql").bind(user).bind(&hash).bind(provider).bind(ttl.as_secs_f64());
        let found =
            self.executor.write("pending_totps.create", NotCached, Repeat::Safe, Affected(create)).await?;
        if found.count() > 0 {
            return Ok(token);
        }
        let refusal = users::refusal(self.executor, "pending_totps.create", user).await?;
        Err(refusal.unwrap_or(Error::not_found("user")))
    }

    /// Takes the sign-in with this token, once: of concurrent callers one gets it. An expired one, and one of a deactivated
    /// user, is nobody's. One round trip.
    ///
    /// In a transaction that is rolled back, the sign-in is there again: guesses are bounded by the count of wrong answers, not
    /// by it.
    ///
    /// Not idempotent: if the answer is lost, the same call again returns `None`, and the user signs in again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ConsumePendingTOTP")]
    pub async fn consume(self, token: &SecretString) -> Result<Option<PendingSignIn>> {
        let hash = wh_crypto::hash_token(token);
        let consume = sql!("pending_totps/consume.sql").bind(&hash);
        let consumed =
            self.executor.write("pending_totps.consume", NotCached, Repeat::Never, consume).await?.first();
        let alive = consumed.filter(|consumed: &Consumed| consumed.alive);
        Ok(alive.map(|Consumed { user_id, provider, .. }| PendingSignIn { user: user_id, provider }))
    }

    /// Deletes expired sign-ins, oldest first, and counts of wrong answers that are over; returns how many sign-ins. `limit`
    /// bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it returns fewer, or let
    /// [`Maintenance::run`](crate::Maintenance::run) do so. Processes may prune concurrently. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    #[doc(alias = "PrunePendingTOTPs")]
    pub async fn prune(self, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let prune = sql!("pending_totps/prune.sql").bind(limit);
        let pruned =
            self.executor.write("pending_totps.prune", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
