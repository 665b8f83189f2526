//! The second factor of a user: enrolled with a secret, then switched on.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::schema::users;
use wh_types::{Ciphertext, UserId};

use super::Users;
use crate::cache::{Changed, Changes};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Conflict, Error, Result};
use crate::secrets::Place;

/// Locks more than it changes: rows that come in and refer to the user would otherwise get between lock and change, which
/// Postgres then takes for a deadlock with whoever waits.
///
/// One row where there is such a user; whether the secret was stored, which it is while the second factor is off.
const SET_SECRET: &str = "\
WITH found AS MATERIALIZED (SELECT id, totp_enabled FROM users WHERE id = $1 FOR UPDATE), \
moved AS (UPDATE users SET totp_secret = $2, updated_at = wh_now() FROM found \
    WHERE users.id = found.id AND NOT found.totp_enabled) \
SELECT id, NOT totp_enabled AS done FROM found";

/// Looks at what was found under the lock, and at nothing else of the row: the UPDATE begins with the version from before it
/// waited, and Postgres holds that one against the table's rules first. Hence the secret is written too.
const ENABLE: &str = "\
WITH found AS MATERIALIZED (SELECT id, totp_secret, totp_enabled FROM users WHERE id = $1 FOR UPDATE), \
moved AS (UPDATE users SET totp_enabled = true, totp_secret = found.totp_secret, totp_verified_at = wh_now(), \
        updated_at = wh_now() FROM found \
    WHERE users.id = found.id AND found.totp_secret <> '' AND NOT found.totp_enabled) \
SELECT id, totp_secret <> '' AS done FROM found";

const DISABLE: &str = "\
WITH found AS MATERIALIZED (SELECT id, totp_secret, totp_enabled FROM users WHERE id = $1 FOR UPDATE), \
moved AS (UPDATE users SET totp_enabled = false, totp_secret = '', totp_verified_at = NULL, updated_at = wh_now() \
    FROM found WHERE users.id = found.id AND (found.totp_enabled OR found.totp_secret <> '')), \
codes AS (DELETE FROM backup_codes USING found WHERE backup_codes.user_id = found.id) \
SELECT id, true AS done FROM found";

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
    pub async fn set_totp_secret(self, id: UserId, secret: &SecretString) -> Result<()> {
        if secret.expose_secret().is_empty() {
            return Err(Error::invalid("totp_secret", "it is empty: switch the second factor off instead"));
        }
        let sealed = self.executor.inner().seal(&Place::totp_secret(id), secret)?;
        let step: Option<Step> = self
            .executor
            .changing(About::User(id))
            .find("users.set_totp_secret", |mut conn| {
                prepared(sql_query(SET_SECRET).bind::<BigInt, _>(id).bind::<Text, _>(&sealed))
                    .get_result(&mut conn)
                    .boxed()
            })
            .await?;
        judge(step, Conflict::SecondFactorOn { user: id })
    }

    /// The shared secret of a user, decrypted; `None` for one who is not enrolled, or does not exist (`GetTOTPSecret`).
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where no key of the ring opens it.
    pub async fn totp_secret(self, id: UserId) -> Result<Option<SecretString>> {
        let stored: Option<Ciphertext> = self
            .executor
            .find("users.totp_secret", |mut conn| {
                users::table.find(id).select(users::totp_secret).first(&mut conn).boxed()
            })
            .await?;
        let enrolled = stored.filter(|stored| !stored.is_empty());
        enrolled.map(|stored| self.executor.inner().open(&Place::totp_secret(id), &stored)).transpose()
    }

    /// Switches the second factor on, once the user has proved the secret (`EnableTOTP`). The time of the first call
    /// stays. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Conflict::NotEnrolled`] for a user without a secret; [`Error::NotFound`].
    pub async fn enable_totp(self, id: UserId) -> Result<()> {
        let step: Option<Step> = self
            .executor
            .changing(About::User(id))
            .find("users.enable_totp", |mut conn| {
                prepared(sql_query(ENABLE).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?;
        judge(step, Conflict::NotEnrolled { user: id })
    }

    /// Switches the second factor off, and forgets the secret and the backup codes (`DisableTOTP`). Safe to send again.
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn disable_totp(self, id: UserId) -> Result<()> {
        let step: Option<Step> = self
            .executor
            .changing(About::User(id))
            .find("users.disable_totp", |mut conn| {
                prepared(sql_query(DISABLE).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?;
        step.map(drop).ok_or(Error::not_found("user"))
    }
}

fn judge(step: Option<Step>, refusal: Conflict) -> Result<()> {
    match step.map(|step| step.done) {
        Some(true) => Ok(()),
        Some(false) => Err(refusal.into()),
        None => Err(Error::not_found("user")),
    }
}
