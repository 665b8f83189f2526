//! What these tests share.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    time::Duration,
};

use secrecy::SecretString;
use uuid::Uuid;
use wh_cache::{Cache, CacheSettings, Installation, Namespace, RedisSettings, RedisState};
use wh_testkit::RedisServer;

pub(crate) use wh_testkit::eventually;

/// Numbers by name.
pub(crate) const NUMBERS: Namespace<str, u32> = Namespace::new("number", Duration::from_mins(5));

/// The settings of a server at this URL, for the installation that all processes of a test belong to.
pub(crate) fn settings_of(url: impl Into<SecretString>) -> RedisSettings {
    RedisSettings::new(url, Installation::new(Uuid::nil(), 1, "test"))
}

/// Long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A process of the fleet.
pub(crate) async fn process(server: &RedisServer) -> Cache {
    process_at(&server.url()).await
}

pub(crate) async fn process_at(url: &str) -> Cache {
    let cache = Cache::start(CacheSettings::default(), settings_of(url)).await.unwrap();
    assert_eq!(cache.redis_state(), Some(RedisState::Up), "{url} cannot be used");
    cache
}

/// A process that keeps nothing itself, and so tells what Redis has.
pub(crate) async fn mirror(server: &RedisServer) -> Cache {
    let settings = CacheSettings { capacity_bytes: 0, ..CacheSettings::default() };
    Cache::start(settings, settings_of(server.url())).await.unwrap()
}

/// A source that has this value.
pub(crate) fn gives(value: u32) -> impl FnOnce() -> Ready<Result<Option<u32>, Infallible>> + Send {
    move || ready(Ok(Some(value)))
}

pub(crate) async fn read(cache: &Cache, key: &str, source: u32) -> u32 {
    cache.get_or_load(&NUMBERS, key, gives(source)).await.unwrap().unwrap()
}
