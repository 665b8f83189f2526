//! Whether a service is ready.
#![cfg(feature = "redis")]

use wh_data::DataLayer;
use wh_data::cache::RedisState;
use wh_data::config::{Config, Sources};
use wh_data::repo::{Error, Reason};
use wh_testkit::DurableServer;

#[tokio::test]
async fn a_service_is_ready_as_long_as_postgres_answers() {
    let server = DurableServer::start("");
    server.execute("CREATE ROLE app LOGIN PASSWORD 'word'");
    server.execute("CREATE DATABASE wisehosting OWNER app");
    let sources = Sources::new()
        .variable("WH_DATABASE__HOST", "127.0.0.1")
        .variable("WH_DATABASE__PORT", server.port().to_string())
        .variable("WH_DATABASE__USER", "app")
        .variable("WH_DATABASE__PASSWORD", "word")
        .variable("WH_DATABASE__ACQUIRE_TIMEOUT", "2s")
        .variable("WH_DATABASE__CONNECT_TIMEOUT", "1s")
        .variable("WH_API_SERVER__SECRET", "a server secret for tests")
        .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
        .variable("WH_CONTAINER__PORT_RANGE_END", "31000")
        .variable("WH_PLATFORM__DOMAIN", "acme.dev")
        .variable("WH_REDIS__ADDR", "127.0.0.1:1");
    let data = DataLayer::start(&Config::from_sources(sources).unwrap()).await.unwrap();
    let health = data.health().await;
    assert!(health.is_ready() && !health.mail, "{health:?}");
    assert_eq!(health.redis, Some(RedisState::Down));
    server.stop();
    let health = data.health().await;
    assert!(!health.is_ready(), "{health:?}");
    assert!(matches!(data.ping().await, Err(Error::Unavailable { reason: Reason::Unreachable(_), .. })));
}
