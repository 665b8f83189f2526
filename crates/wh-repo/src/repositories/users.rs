//! Users and their sign-in.

mod totp;

use diesel::prelude::*;
use wh_schema::rows::User;
use wh_schema::schema::users;
use wh_types::{PlanId, UserId};

use crate::cache::Changed;
use crate::engine::{About, Class, Executor, Repeat, sql};
use crate::error::{Conflict, Error, Result};

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
    /// At most 255 characters; unique over all users.
    pub email: String,
    /// What they are called, at most 255 characters.
    pub name: String,
    /// Their picture; empty without one.
    pub avatar_url: String,
}

impl Users<'_> {
    /// The user with this id (`FindUserByID`). One round trip; none where the cache has it, as it was up to five minutes ago
    /// if somebody has changed it past this layer.
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

    /// Takes a user, and the list of their apps, out of all caches (`InvalidateUserCache`): for whoever has changed them past
    /// this layer. Inside a transaction this happens after its COMMIT. No round trip.
    #[doc(alias = "InvalidateUserCache")]
    pub async fn invalidate(self, id: UserId) {
        self.executor.evict(&[Changed::User(id), Changed::AppsOfUser(id)]).await;
    }

    /// The user who signs in with Google, created on the first time and brought up to date on the next
    /// (`UpsertGoogleUser`). Safe to send again. One round trip; a second one where it is refused or where two sign-ins
    /// of the same new user meet.
    ///
    /// # Errors
    /// [`Conflict::AccountExists`] where the address belongs to another Google identity; [`Error::Invalid`] where a
    /// field is longer than its column.
    #[doc(alias = "UpsertGoogleUser")]
    pub async fn upsert_google(self, profile: &GoogleProfile) -> Result<User> {
        check(profile)?;
        for _ in 0..2 {
            let upsert = sql!("users/upsert_google.sql")
                .bind(&profile.google_id)
                .bind(&profile.email)
                .bind(&profile.name)
                .bind(&profile.avatar_url);
            let about = About::GoogleUser(profile.google_id.clone());
            let user = self.executor.write("users.upsert_google", about, Repeat::Safe, upsert).await?;
            if let Some(user) = user.first() {
                return Ok(user);
            }
        }
        Err(Conflict::AccountExists.into())
    }

    /// Puts a user on another plan; `plan` is the id of a plan, and one that the registry does not know counts as free.
    /// Apps beyond a smaller plan keep running, new ones are refused. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for an id that is no plan's.
    pub async fn set_plan(self, id: UserId, plan: &PlanId) -> Result<User> {
        // Checked again, because one that was taken as stored may break the rule.
        PlanId::parse(plan.as_str())?;
        let set = diesel::update(users::table.find(id))
            .set((users::plan.eq(plan.as_str()), users::updated_at.eq(crate::time::now())))
            .returning(User::as_returning());
        let user = self.executor.write("users.set_plan", About::User(id), Repeat::Safe, set).await?;
        user.first().ok_or(Error::not_found("user"))
    }
}

fn check(profile: &GoogleProfile) -> Result<()> {
    for (field, text, least, most) in [
        ("google_id", &profile.google_id, 1, 64),
        ("email", &profile.email, 1, 255),
        ("name", &profile.name, 0, 255),
        ("avatar_url", &profile.avatar_url, 0, 2048),
    ] {
        crate::text::check(field, text, least, most)?;
    }
    Ok(())
}
