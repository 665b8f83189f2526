//! Users and their sign-in.

mod email;
mod totp;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use wh_schema::rows::User;
use wh_schema::schema::users;
use wh_types::{PlanId, UserId};

use crate::cache::{Changed, Changes};
use crate::engine::{About, Class, Executor, Repeat, Rows, sql};
use crate::error::{Conflict, Denied, Error, Result};

/// Attempts of a sign-in that races with others for its identity or address.
const ATTEMPTS: usize = 4;

/// Operations on users; made by [`Database::users`](crate::Database::users) and [`Tx::users`](crate::Tx::users).
#[derive(Clone, Copy)]
pub struct Users<'a> {
    pub(crate) executor: Executor<'a>,
}

/// What Google says about somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleProfile {
    /// The subject of the Google account, at most 64 characters: the only identity that signs in.
    pub google_id: String,
    /// Their e-mail address. White space around it is ignored; unique over all users, whatever its case.
    pub email: String,
    /// What they are called, at most 255 characters.
    pub name: String,
    /// Their picture, at most 2,048 characters; empty without one.
    pub avatar_url: String,
}

/// Somebody who has signed in with Google.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleSignIn {
    /// The user as stored now.
    pub user: User,
    /// True if the address of the profile belongs to another account, so that the user keeps the address from before.
    pub kept_email: bool,
}

#[derive(QueryableByName)]
struct SignInRow {
    #[diesel(embed)]
    user: User,
    #[diesel(sql_type = Bool)]
    kept_email: bool,
}

impl Changes for SignInRow {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.user.changes(into);
    }
}

impl Users<'_> {
    /// Finds a user. One round trip, none if the cache has it. A change that was made past this layer becomes visible within
    /// five minutes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindUserByID")]
    pub async fn find(self, id: UserId) -> Result<Option<User>> {
        let load = async || {
            let user = self.executor.read("users.find", Class::Key, User::query().find(id)).await?;
            Ok(user.first())
        };
        self.executor.cached().user(id, load).await
    }

    /// Evicts a user, and the list of their apps, from all caches: for a change that was made past this layer. Inside a
    /// transaction this happens after its COMMIT. No round trip.
    #[doc(alias = "InvalidateUserCache")]
    pub async fn invalidate(self, id: UserId) {
        self.executor.evict(&[Changed::User(id), Changed::AppsOfUser(id)]).await;
    }

    /// Signs a user in with Google: creates the user on the first time, and updates address, name and picture on the next.
    ///
    /// A known user whose new address belongs to another account keeps the address from before; the answer says so.
    /// Idempotent. One round trip; a second one if it is refused, or if two sign-ins race for the same identity or address.
    ///
    /// # Errors
    /// [`Conflict::AccountExists`] for a new identity whose address belongs to another account; [`Denied::Deactivated`];
    /// [`Error::Invalid`] for an address that is none, or a field that is longer than its column.
    #[doc(alias = "UpsertGoogleUser")]
    pub async fn upsert_google(self, profile: &GoogleProfile) -> Result<GoogleSignIn> {
        let email = check(profile)?;
        let mut lost_race = false;
        for _ in 0..ATTEMPTS {
            let upsert = sql!("users/upsert_google.sql")
                .bind(&profile.google_id)
                .bind(&email)
                .bind(&profile.name)
                .bind(&profile.avatar_url);
            let about = About::GoogleUser(profile.google_id.clone());
            let signed_in =
                self.executor.write_or_undo("users.upsert_google", about, Repeat::Safe, upsert).await;
            match signed_in.map(Rows::first) {
                Ok(Some(SignInRow { user, .. })) if !user.is_active => return Err(Denied::Deactivated.into()),
                Ok(Some(SignInRow { user, kept_email })) => return Ok(GoogleSignIn { user, kept_email }),
                // The row that stood in the way is visible to the next attempt.
                Ok(None) if lost_race => break,
                Ok(None) | Err(Error::Conflict(Conflict::AccountExists)) => lost_race = true,
                Err(error) => return Err(error),
            }
        }
        Err(Conflict::AccountExists.into())
    }

    /// Puts a user on another plan. Apps beyond a smaller plan keep running, new ones are refused. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a plan that the registry does not know, with those that it knows.
    pub async fn set_plan(self, id: UserId, plan: &PlanId) -> Result<User> {
        // Checked again, because one that was taken as stored may break the rule.
        PlanId::parse(plan.as_str())?;
        let known = self.executor.inner().plans.known(plan.as_str());
        known.map_err(|unknown| Error::invalid("plan", unknown.to_string()))?;
        let set = diesel::update(users::table.find(id))
            .set((users::plan.eq(plan.as_str()), users::updated_at.eq(crate::time::now())))
            .returning(User::as_returning());
        let user = self.executor.write("users.set_plan", About::User(id), Repeat::Safe, set).await?;
        user.first().ok_or(Error::not_found("user"))
    }

    /// Deactivates a user, or activates them again; returns the user. Either way all sessions of the user end, and sign-ins
    /// that wait for the second factor are gone. While deactivated, a user cannot sign in. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_active(self, id: UserId, active: bool) -> Result<User> {
        let set = sql!("users/set_active.sql").bind(id).bind(active);
        let user = self.executor.write("users.set_active", About::User(id), Repeat::Safe, set).await?;
        user.first().ok_or(Error::not_found("user"))
    }
}

/// Why a statement found no active user: there is none, or it is deactivated. One round trip.
pub(super) async fn refusal(
    executor: Executor<'_>,
    operation: &'static str,
    id: UserId,
) -> Result<Option<Error>> {
    let active = users::table.find(id).select(users::is_active);
    Ok(match executor.read(operation, Class::Key, active).await?.first() {
        None => Some(Error::not_found("user")),
        Some(false) => Some(Denied::Deactivated.into()),
        Some(true) => None,
    })
}

/// Refuses what no row can hold, and gives the address as it is stored.
fn check(profile: &GoogleProfile) -> Result<String> {
    let email = email::parse(&profile.email)?;
    for (field, text, least, most) in [
        ("google_id", &profile.google_id, 1, 64),
        ("name", &profile.name, 0, 255),
        ("avatar_url", &profile.avatar_url, 0, 2048),
    ] {
        crate::text::check(field, text, least, most)?;
    }
    Ok(email)
}
