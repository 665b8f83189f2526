//! Where a Redis can be.

use wh_cache::{Cache, CacheError, CacheSettings, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::support::{process_at, settings_of};

async fn refusal(settings: RedisSettings) -> CacheError {
    Cache::start(CacheSettings::default(), settings).await.unwrap_err()
}

#[tokio::test]
async fn other_schemes_are_refused_and_no_password_is_shown() {
    for url in [
        "http://geheim@host",
        "unix:///run/redis.sock",
        "redis+unix:///run/redis.sock",
        "host:6379",
        "geheim",
        "",
        "redis-proxy://host",
        "redisss://host",
        "geheim@2://host",
    ] {
        let error = refusal(settings_of(url)).await;
        assert!(matches!(error, CacheError::Scheme { .. }), "{url}: {error}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("geheim"), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_what_would_be_right() {
    for url in [
        "redis://:geheim@",
        "redis://:geheim@host:99999",
        "redis://:geheim@host/name",
        "redis://:geheim@host/300",
        "redis-sentinel://:geheim@host",
        "redis-cluster://:geheim@host/1",
        "redis-cluster://:geheim@host?node=other",
    ] {
        let error = refusal(settings_of(url)).await;
        assert!(matches!(error, CacheError::Url { .. }), "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
    }
    let file = Some("/nowhere.pem".into());
    let error = refusal(RedisSettings { authorities: file, ..settings_of("rediss://host") }).await;
    assert!(error.to_string().contains("/nowhere.pem"), "{error}");
}

#[tokio::test]
async fn settings_do_not_show_their_secrets() {
    let settings = RedisSettings { password: Some("geheim".into()), ..settings_of("redis://:geheim@host") };
    assert!(!format!("{settings:?}").contains("geheim"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_a_password_and_a_database_can_be_in_the_url_or_beside_it() {
    let server = RedisServer::start();
    drop(server.command(&[
        "ACL",
        "SETUSER",
        "app",
        "on",
        ">a/b@c:d",
        "~wh:*",
        "&wh:*",
        "+@all",
        "-@dangerous",
        "+info",
    ]));
    let at = format!("127.0.0.1:{}", server.port());
    let in_url = process_at(&format!("valkey://app:a%2Fb%40c%3Ad@{at}/3")).await;
    let beside = RedisSettings {
        username: Some("app".to_owned()),
        password: Some("a/b@c:d".into()),
        database: Some(3),
        ..settings_of(format!("redis://{at}"))
    };
    let beside = Cache::start(CacheSettings::default(), beside).await.unwrap();
    in_url.set("x", &1, None).await;
    assert_eq!(beside.get::<u32>("x").await, Some(1));
    assert!(server.command(&["INFO", "keyspace"]).contains("db3:keys=1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_a_server_that_cannot_be_used() {
    let server = RedisServer::start();
    for url in [
        format!("redis://:wrong@127.0.0.1:{}", server.port()),
        format!("redis://127.0.0.1:{}", server.port()),
    ] {
        let cache = Cache::start(CacheSettings::default(), settings_of(url)).await.unwrap();
        assert_eq!(cache.redis_state(), Some(RedisState::Down));
        cache.set("x", &1, None).await;
        assert_eq!(cache.get::<u32>("x").await, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv6_address_can_be_written_in_brackets() {
    let server = RedisServer::start_with("bind ::1 127.0.0.1");
    let cache = process_at(&format!("redis://:{}@[::1]:{}", server.password(), server.port())).await;
    cache.set("x", &1, None).await;
}
