//! The second factor of a user: enrolled with a secret, then switched on.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use secrecy::{ExposeSecret, SecretString};
use wh_schema::schema::users;
use wh_types::{Ciphertext, UserId};

use super::Users;
use crate::cache::{Changed, Changes};
use crate::engine::{About, Class, Repeat, sql};
use crate::error::{Conflict, Error, Result};
use crate::secrets::Place;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = BigInt)]
    id: UserId,
    #[diesel(sql_type = Bool)]
    done: bool,
}

impl Changes for Step {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::User(self.id));
    }
}

impl Users<'_> {
    /// Enrols a user: keeps the shared secret, encrypted, for when the second factor is switched on (`SetTOTPSecret`).
    /// Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Conflict::SecondFactorOn`] where it is on already, since nobody would have proved the new secret;
    /// [`Error::NotFound`]; [`Error::Invalid`] for an empty secret.
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

    /// The shared secret of a user, decrypted; `None` for one who is not enrolled, or does not exist (`GetTOTPSecret`).
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where no key of the ring opens it.
    #[doc(alias = "GetTOTPSecret")]
    pub async fn totp_secret(self, id: UserId) -> Result<Option<SecretString>> {
        let secret = users::table.find(id).select(users::totp_secret);
        let stored = self.executor.read("users.totp_secret", Class::Key, secret).await?.first();
        let enrolled = stored.filter(|stored: &Ciphertext| !stored.is_empty());
        enrolled.map(|stored| self.executor.inner().open(&Place::totp_secret(id), &stored)).transpose()
    }

    /// Switches the second factor on, once the user has proved the secret (`EnableTOTP`). The time of the first call
    /// stays. Safe to send again. One round trip.
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

    /// Switches the second factor off, and forgets the secret and the backup codes (`DisableTOTP`). Safe to send again.
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "DisableTOTP")]
    pub async fn disable_totp(self, id: UserId) -> Result<()> {
        let disable = sql!("disable_totp.sql").bind(id);
        let step =
            self.executor.write("users.disable_totp", About::User(id), Repeat::Safe, disable).await?.first();
        step.map(|_: Step| ()).ok_or(Error::not_found("user"))
    }
}

fn judge(step: Option<Step>, refusal: Conflict) -> Result<()> {
    match step.map(|step| step.done) {
        Some(true) => Ok(()),
        Some(false) => Err(refusal.into()),
        None => Err(Error::not_found("user")),
    }
}
