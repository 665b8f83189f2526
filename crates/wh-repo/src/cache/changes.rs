//! Which rows a write changed, as far as they are read often enough to be cached.

use diesel::{HasQuery, QueryableByName};
use wh_schema::rows::{App, User, Worker};
use wh_schema::schema::apps;
use wh_types::{AppId, KeyHash, UserId};

/// A row that has changed, by everything that it may be read by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    User(UserId),
    App(AppKeys),
    /// An app of which only the id is known.
    AppId(AppId),
    /// The list of a user's apps.
    AppsOfUser(UserId),
    /// A worker, by the hash of its API key.
    Worker(KeyHash),
    EveryUser,
    EveryApp,
    EveryWorker,
}

/// What an app is read by. None of it ever changes.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName)]
#[diesel(table_name = apps, check_for_backend(diesel::pg::Pg))]
pub(crate) struct AppKeys {
    pub(crate) id: AppId,
    pub(crate) user_id: UserId,
    pub(crate) name: String,
}

/// The answer to a write, which tells what it changed.
pub(crate) trait Changes {
    fn changes(&self, into: &mut Vec<Changed>);
}

impl Changes for () {
    fn changes(&self, _into: &mut Vec<Changed>) {}
}

impl<T: Changes> Changes for Option<T> {
    fn changes(&self, into: &mut Vec<Changed>) {
        if let Some(one) = self {
            one.changes(into);
        }
    }
}

impl<T: Changes> Changes for Vec<T> {
    fn changes(&self, into: &mut Vec<Changed>) {
        for one in self {
            one.changes(into);
        }
    }
}

impl Changes for User {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::User(self.id));
    }
}

impl Changes for Worker {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::Worker(self.api_key_hash.clone()));
    }
}

impl Changes for App {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::App(AppKeys { id: self.id, user_id: self.user_id, name: self.name.clone() }));
    }
}

impl Changes for AppKeys {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::App(self.clone()));
    }
}

/// The hash of a worker's API key.
impl Changes for KeyHash {
    fn changes(&self, into: &mut Vec<Changed>) {
        into.push(Changed::Worker(self.clone()));
    }
}
