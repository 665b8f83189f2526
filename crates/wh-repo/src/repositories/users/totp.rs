//! The second factor of a user: enrolled with a secret, then switched on.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable};
use secrecy::{ExposeSecret, SecretString};
use wh_schema::schema::users;
use wh_types::{Ciphertext, UserId};

use super::super::second_factor as attempts;
use super::Users;
use crate::cache::{Changed, Changes};
use crate::engine::{About, Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Conflict, Error, Result};
use crate::secrets::Place;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = BigInt)]
    id: UserId,
    #[diesel(sql_type = Bool)]
    done: bool,
}

#[derive(QueryableByName)]
struct Accepted {
    #[diesel(sql_type = Bool)]
    enrolled: bool,
    #[diesel(sql_type = Bool)]
    fresh: bool,
    /// Until the next attempt is allowed; none where it is now.
    #[diesel(sql_type = Nullable<Double>)]
    blocked_seconds: Option<f64>,
}

impl Changes for Step {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::User(self.id));
    }
}

impl Users<'_> {
    /// Enrols a user: stores the shared secret, encrypted, until the second factor is switched on. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Conflict::SecondFactorOn`] if it is on already, since the user has not proved the new secret; [`Error::NotFound`];
    /// [`Error::Invalid`] for an empty secret.
    #[doc(alias = "SetTOTPSecret")]
    pub async fn set_totp_secret(self, id: UserId, secret: &SecretString) -> Result<()> {
        if secret.expose_secret().is_empty() {
            return Err(Error::invalid("totp_secret", "it is empty: switch the second factor off instead"));
        }
        let sealed = self.executor.inner().seal(&Place::totp_secret(id), secret)?;
        let set = sql!("set_totp_secret.sql").bind(id).bind(&sealed);
        let step =
            self.executor.write("users.set_totp_secret", About::User(id), Repeat::Safe, set).await?.first();
        judge(step, Conflict::SecondFactorOn { user: id })
    }

    /// The shared secret of a user, decrypted; `None` for a user who is not enrolled, or does not exist. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if no key of the ring opens it.
    #[doc(alias = "GetTOTPSecret")]
    pub async fn totp_secret(self, id: UserId) -> Result<Option<SecretString>> {
        let secret = users::table.find(id).select(users::totp_secret);
        let stored = self.executor.read("users.totp_secret", Class::Key, secret).await?.first();
        let enrolled = stored.filter(|stored: &Ciphertext| !stored.is_empty());
        enrolled.map(|stored| self.executor.inner().open(&Place::totp_secret(id), &stored)).transpose()
    }

    /// Switches the second factor on, once the user has proved the secret. Keeps the time of the first call. Idempotent. One
    /// round trip.
    ///
    /// # Errors
    /// [`Conflict::NotEnrolled`] for a user without a secret; [`Error::NotFound`].
    #[doc(alias = "EnableTOTP")]
    pub async fn enable_totp(self, id: UserId) -> Result<()> {
        let enable = sql!("enable_totp.sql").bind(id);
        let step =
            self.executor.write("users.enable_totp", About::User(id), Repeat::Safe, enable).await?.first();
        judge(step, Conflict::NotEnrolled { user: id })
    }

    /// Switches the second factor off, and forgets its secret and the backup codes, those of a concurrent
    /// [`replace`](crate::BackupCodes::replace) too. Idempotent. Three round trips, two inside a transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "DisableTOTP")]
    pub async fn disable_totp(self, id: UserId) -> Result<()> {
        self.executor
            .atomic("users.disable_totp", async |executor: Executor<'_>| {
                let lock = Affected(sql!("lock_totp.sql").bind(id));
                let found = executor.write("users.disable_totp", NotCached, Repeat::Safe, lock).await?;
                if found.count() == 0 {
                    return Err(Error::not_found("user"));
                }
                let disable = sql!("disable_totp.sql").bind(id);
                let step =
                    executor.write("users.disable_totp", About::User(id), Repeat::Safe, disable).await?;
                step.first().map(|_: Step| ()).ok_or(Error::not_found("user"))
            })
            .await
    }

    /// Accepts a TOTP code that the caller has verified, by its time step (seconds since 1970 divided by the period). Returns
    /// whether the code is good: a step that was accepted before, or an earlier one, is not.
    ///
    /// A good code resets the count of wrong answers. Not idempotent: if the answer is lost, the same call again returns
    /// `false`, and the user gives the next code. One round trip.
    ///
    /// # Errors
    /// [`Denied::TooManyAttempts`](crate::Denied::TooManyAttempts) after five wrong answers in 15 minutes, also for a right one; [`Conflict::NotEnrolled`] for
    /// a user without a secret; [`Error::NotFound`]; [`Error::Invalid`] for a negative step.
    pub async fn accept_totp_step(self, id: UserId, step: i64) -> Result<bool> {
        if step < 0 {
            return Err(Error::invalid(
                "step",
                format!("it is {step}: seconds since 1970 divided by the period"),
            ));
        }
        let accept = sql!("accept_totp_step.sql").bind(id).bind(step).bind(attempts::LIMIT);
        let accepted =
            self.executor.write("users.accept_totp_step", NotCached, Repeat::Never, accept).await?;
        match accepted.first() {
            None => Err(Error::not_found("user")),
            Some(Accepted { blocked_seconds: Some(seconds), .. }) => Err(attempts::denied(seconds)),
            Some(Accepted { enrolled: false, .. }) => Err(Conflict::NotEnrolled { user: id }.into()),
            Some(Accepted { fresh, .. }) => Ok(fresh),
        }
    }

    /// Counts a wrong TOTP code. The count is kept outside the caller's transaction, so that its rollback does not undo it: the
    /// call takes another connection of the pool. One round trip.
    ///
    /// Not idempotent: each call counts once, and is not sent again by itself.
    ///
    /// # Errors
    /// [`Denied::TooManyAttempts`](crate::Denied::TooManyAttempts) with the time to wait, for the sixth and each further wrong answer in 15 minutes; backup codes
    /// count too. [`Error::NotFound`].
    pub async fn record_second_factor_failure(self, id: UserId) -> Result<()> {
        let counted = attempts::count(self.executor, id).await?;
        if counted { Ok(()) } else { Err(Error::not_found("user")) }
    }
}

fn judge(step: Option<Step>, refusal: Conflict) -> Result<()> {
    match step.map(|step| step.done) {
        Some(true) => Ok(()),
        Some(false) => Err(refusal.into()),
        None => Err(Error::not_found("user")),
    }
}
