//! What is cached, under which keys, and for how long.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use wh_cache::{Eviction, Namespace};
use wh_crypto::KeyRing;
use wh_schema::rows::{App, Worker};
use wh_types::{AppId, KeyHash, UserId};

use super::user::CachedUser;
use crate::cache::{AppKeys, Changed};

const ROWS: Duration = Duration::from_mins(5);
const LISTS: Duration = Duration::from_mins(2);
const WORKER: Duration = Duration::from_secs(30);

/// Users by id.
pub(super) const USERS: Namespace<UserId, CachedUser> = Namespace::new("user", ROWS);
/// Apps by id.
pub(super) const APPS: Namespace<AppId, App> = Namespace::new("app", ROWS);
/// A user's living app, by [`of_user`].
pub(super) const APPS_BY_NAME: Namespace<str, App> = Namespace::new("app-by-name", ROWS);
/// The first page of a user's living apps.
pub(super) const APPS_OF_USER: Namespace<UserId, Vec<App>> = Namespace::new("apps-of-user", LISTS);
/// Workers by the [`cache_key`](KeyRing::cache_key) of their API key. That a key is nobody's is not remembered: guesses would
/// fill the cache.
pub(super) const WORKERS: Namespace<str, CachedWorker> =
    Namespace::new("worker-by-key", WORKER).absent_for(Duration::ZERO);

/// What an app of a user is called among the apps of all users.
pub(super) fn of_user(user: UserId, name: &str) -> String {
    format!("{user}:{name}")
}

/// What has to be taken out after a change.
pub(super) fn evictions(keys: &KeyRing, changed: &Changed, into: &mut Vec<Eviction>) {
    match changed {
        Changed::User(id) => into.push(USERS.eviction(id)),
        Changed::App(AppKeys { id, user_id, name }) => into.extend([
            APPS.eviction(id),
            APPS_BY_NAME.eviction(&of_user(*user_id, name)),
            APPS_OF_USER.eviction(user_id),
        ]),
        Changed::AppId(id) => into.push(APPS.eviction(id)),
        Changed::AppsOfUser(id) => into.push(APPS_OF_USER.eviction(id)),
        Changed::Worker(hash) => {
            into.extend(keys.cache_keys(hash.as_hex()).map(|key| WORKERS.eviction(&key)));
        }
        Changed::EveryUser => into.push(USERS.everything()),
        Changed::EveryApp => {
            into.extend([APPS.everything(), APPS_BY_NAME.everything(), APPS_OF_USER.everything()]);
        }
        Changed::EveryWorker => into.push(WORKERS.everything()),
    }
}

/// Whether a value may leave for a cache.
pub(super) trait Cacheable {
    fn holds_a_secret(&self) -> bool {
        false
    }
}

impl Cacheable for CachedWorker {}

/// The address of a repository is where people put tokens, though it is no place for them.
impl Cacheable for App {
    fn holds_a_secret(&self) -> bool {
        let Some((_, rest)) = self.repo_url.split_once("://") else { return false };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let signs_in = authority.rsplit_once('@').is_some_and(|(who, _)| who != "git");
        signs_in || rest.contains(['?', '#'])
    }
}

impl Cacheable for Vec<App> {
    fn holds_a_secret(&self) -> bool {
        self.iter().any(App::holds_a_secret)
    }
}

/// A [`Worker`] without the hash of its API key: the hash signs connections, and the caller who asks by the key has it.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct CachedWorker(Worker);

impl CachedWorker {
    pub(super) fn without_hash(worker: Worker) -> Self {
        Self(Worker { api_key_hash: KeyHash::new(String::new()), ..worker })
    }

    pub(super) fn with_hash(self, api_key_hash: KeyHash) -> Worker {
        Worker { api_key_hash, ..self.0 }
    }
}

impl<'de> Deserialize<'de> for CachedWorker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        fields.insert("api_key_hash".to_owned(), String::new().into());
        Worker::deserialize(Value::Object(fields)).map(Self).map_err(D::Error::custom)
    }
}
