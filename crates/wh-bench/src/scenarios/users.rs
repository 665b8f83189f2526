//! One row by its id.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use wh_data::schema::rows::User;
use wh_data::types::UserId;

use super::{DIESEL, OURS, RAW, Scenario};
use crate::contender::{Contender, Outcome};
use crate::peers::Prepared;
use crate::world::World;

pub(crate) const FIND: Scenario = Scenario {
    name: "user",
    title: "a user by id",
    callers: &[1, 8, 32],
    goals: &[(1, 0.92), (8, 1.2), (32, 1.5)],
    contenders: |world| find(world).boxed(),
};

/// The columns of [`User`].
pub(super) const SELECT: &str = "SELECT id, email, google_id, name, avatar_url, plan, theme_pref, is_active, created_at, \
    updated_at, totp_enabled, totp_verified_at FROM users WHERE id = $1";

/// A user, as somebody without this layer would read one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PlainUser {
    pub(super) id: i64,
    pub(super) email: String,
    google_id: String,
    name: String,
    avatar_url: String,
    plan: String,
    theme_pref: String,
    is_active: bool,
    created_at: SystemTime,
    updated_at: SystemTime,
    totp_enabled: bool,
    totp_verified_at: Option<SystemTime>,
}

impl PlainUser {
    /// The user in columns that begin with this one.
    pub(super) fn from(row: &Row, at: usize) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get(at)?,
            email: row.try_get(at + 1)?,
            google_id: row.try_get(at + 2)?,
            name: row.try_get(at + 3)?,
            avatar_url: row.try_get(at + 4)?,
            plan: row.try_get(at + 5)?,
            theme_pref: row.try_get(at + 6)?,
            is_active: row.try_get(at + 7)?,
            created_at: row.try_get(at + 8)?,
            updated_at: row.try_get(at + 9)?,
            totp_enabled: row.try_get(at + 10)?,
            totp_verified_at: row.try_get(at + 11)?,
        })
    }

    pub(super) fn shown(&self) -> String {
        format!("{} {} {}", self.id, self.email, DateTime::<Utc>::from(self.created_at))
    }
}

pub(super) fn shown(user: &User) -> String {
    format!("{} {} {}", user.id, user.email, user.created_at)
}

/// A contender that reads so many users past everything of ours.
pub(super) async fn raw(world: &World, users: usize) -> Outcome<Contender> {
    let prepared = Prepared::new(world, SELECT).await?;
    let find = Contender::new(
        RAW,
        prepared,
        move |prepared, turn| {
            async move { Ok(PlainUser::from(&prepared.row(turn, &[&turn.id(users)]).await?, 0)?) }.boxed()
        },
        PlainUser::shown,
    );
    Ok(find)
}

async fn find(world: &World) -> Outcome<Vec<Contender>> {
    let users = world.users;
    let diesel = Contender::new(
        DIESEL,
        world.diesel.clone(),
        move |pool, turn| {
            async move {
                let mut connection = pool.get().await?;
                Ok(User::query().find(UserId::new(turn.id(users))).first(&mut connection).await?)
            }
            .boxed()
        },
        shown,
    );
    let ours = Contender::new(
        OURS,
        world.db.clone(),
        move |db, turn| {
            async move { Ok(db.users().find(UserId::new(turn.id(users))).await?.ok_or("no such user")?) }
                .boxed()
        },
        shown,
    );
    Ok(vec![raw(world, users).await?, diesel, ours])
}
