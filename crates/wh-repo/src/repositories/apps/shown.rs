//! Apps as they are shown: with the worker that they are on.

use std::fmt;

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use wh_schema::rows::App;
use wh_types::{AppId, AppStatus, UserId};

use super::Apps;
use crate::engine::{Class, Rows, sql};
use crate::error::Result;
use crate::page::Page;

/// An app, and whether its worker is there.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct ShownApp {
    /// Its row. `status` is what is stored, which a worker that is away does not change.
    #[diesel(embed)]
    pub app: App,
    /// True if the app runs, or is deployed over while it runs, on a worker that is offline or gone.
    #[diesel(sql_type = Bool)]
    pub unreachable: bool,
}

/// What a user is shown of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppState {
    /// The status of its row.
    Stored(AppStatus),
    /// It runs on a worker that cannot be reached.
    Unreachable,
}

impl ShownApp {
    /// What a user is shown.
    #[must_use]
    pub const fn state(&self) -> AppState {
        if self.unreachable { AppState::Unreachable } else { AppState::Stored(self.app.status) }
    }
}

impl fmt::Display for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(status) => status.fmt(f),
            Self::Unreachable => f.write_str("unreachable"),
        }
    }
}

impl Apps<'_> {
    /// The app with this id as its user is shown it, deleted or not. Not cached: a worker that goes away is seen at once. One
    /// round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn show(self, id: AppId) -> Result<Option<ShownApp>> {
        self.executor.read("apps.show", Class::Key, sql!("show.sql").bind(id)).await.map(Rows::first)
    }

    /// A user's living apps as they are shown them, newest first. Not cached. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn show_all(self, user: UserId, page: Page<AppId>) -> Result<Vec<ShownApp>> {
        let living =
            sql!("show_all.sql").bind(user).bind(page.before_or(AppId::new(i64::MAX))).bind(page.limit());
        self.executor.read("apps.show_all", Class::Page, living).await.map(Rows::all)
    }
}
