//! A primary, its replica, and a sentinel that changes their parts.

use wh_cache::{Cache, CacheSettings, RedisState};
use wh_testkit::RedisServer;

use crate::support::{eventually, read, settings_of};

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_is_found_and_after_a_fail_over_the_new_one() {
    let password = "requirepass geheim\nmasterauth geheim";
    let primary = RedisServer::start_with(password);
    let replica = RedisServer::start_with(&format!(
        "{password}\nreplicaof 127.0.0.1 {}\nrepl-diskless-sync-delay 0\nreplica-priority 1",
        primary.port()
    ));
    eventually("the copy", async || primary.command(&["INFO", "replication"]).contains("state=online")).await;
    let sentinel = RedisServer::start_sentinel(&format!(
        "sentinel monitor main 127.0.0.1 {} 1\nsentinel auth-pass main geheim\n\
         sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000",
        primary.port()
    ));
    eventually("the sentinel", async || {
        sentinel.command(&["SENTINEL", "REPLICAS", "main"]).contains(&replica.port().to_string())
    })
    .await;
    let settings = settings_of(format!(
        "redis-sentinel://:geheim@127.0.0.1:{}/0?sentinelServiceName=main",
        sentinel.port()
    ));
    let a = Cache::start(CacheSettings::default(), settings.clone()).await.unwrap();
    let b = Cache::start(CacheSettings::default(), settings).await.unwrap();
    assert_eq!([&a, &b].map(Cache::redis_state), [Some(RedisState::Up); 2]);
    assert_eq!(read(&a, "x", 1).await, 1);
    assert_eq!(read(&b, "x", 2).await, 1);
    assert!(!primary.command(&["KEYS", "*{number:x}"]).is_empty());

    primary.kill();
    // In the meantime the database is asked, and every answer is fresh.
    a.evict(&[crate::support::NUMBERS.eviction("x")]).await;
    eventually("the new primary", async || {
        [&a, &b].iter().all(|cache| cache.redis_state() == Some(RedisState::Up))
    })
    .await;
    assert!(replica.command(&["INFO", "replication"]).contains("role:master"));
    assert_eq!(read(&b, "x", 3).await, 3, "the new primary's copy of the old value is not believed");
    assert_eq!(read(&a, "x", 4).await, 3, "and the two processes share it again");
}
