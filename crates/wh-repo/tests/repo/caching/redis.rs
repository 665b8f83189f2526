//! The same with a Redis between the processes.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wh_cache::{Cache, CacheSettings, Installation, RedisSettings};
use wh_testkit::{Proxy, RedisServer};
use wh_types::UserId;

use super::coherence::check_that_writes_arrive;
use super::races::check_elsewhere;
use super::secrets::{Heard, assert_harmless, live};
use super::{CachedWorld, through};
use crate::support::{World, eventually, open_plain};

/// A cache like that of one process.
async fn cache(redis: &RedisServer) -> Cache {
    Cache::start(
        CacheSettings::default(),
        RedisSettings::new(redis.url(), Installation::new(uuid::Uuid::nil(), 1, "test")),
    )
    .await
    .unwrap()
}

/// Listens to whatever anybody sends to a Redis.
async fn monitor(redis: &RedisServer) -> Heard {
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port())).await.unwrap();
    stream.write_all(format!("AUTH {}\r\nMONITOR\r\n", redis.password()).as_bytes()).await.unwrap();
    let heard = Heard::default();
    let keep = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = stream.read(&mut bytes).await {
            keep.lock().unwrap().push_str(&String::from_utf8_lossy(bytes.get(..read).unwrap_or_default()));
        }
    });
    eventually("it monitors", async || heard.lock().unwrap().matches("+OK").count() == 2).await;
    heard
}

#[tokio::test]
async fn the_other_process_sees_a_write_through_redis() {
    let (world, redis) = (World::new().await, RedisServer::start());
    let ada = world.user("ada", "free").await.id;
    let writer = open_plain(world.postgres.url(), 2).await.with_cache(cache(&redis).await);
    let reader = open_plain(world.postgres.url(), 2).await.with_cache(cache(&redis).await);
    check_that_writes_arrive(&writer, &reader, ada).await;
}

#[tokio::test]
async fn an_old_row_is_not_kept_in_redis() {
    let (world, redis) = (World::new().await, RedisServer::start());
    let proxy = Proxy::start(world.postgres.url()).await;
    let reader = through(&proxy, &world, 1).await.with_cache(cache(&redis).await);
    let writer = open_plain(world.postgres.url(), 1).await.with_cache(cache(&redis).await);
    check_elsewhere(&world, &proxy, &reader, &writer).await;
    // One who comes later has nothing in its process, and looks into Redis.
    let later = open_plain(world.postgres.url(), 1).await.with_cache(cache(&redis).await);
    assert_eq!(later.users().find(UserId::new(1)).await.unwrap().unwrap().plan, "pro");
}

#[tokio::test]
async fn no_secret_reaches_redis() {
    let (world, redis) = (World::new().await, RedisServer::start());
    let heard = monitor(&redis).await;
    let db = open_plain(world.postgres.url(), 2).await.with_cache(cache(&redis).await);
    live(&world, &db).await;
    for part in ["ada@example.org", "first-shop", "worker-by-key:", "anvil.example.net"] {
        eventually("it was heard", async || heard.lock().unwrap().contains(part)).await;
    }
    assert_harmless(&heard);
}

#[tokio::test]
async fn a_cached_read_costs_nothing_and_a_write_what_it_costs_without_a_cache() {
    let (cached_world, redis) = (CachedWorld::new().await, RedisServer::start());
    let proxy = Proxy::start(cached_world.world.postgres.url()).await;
    let db = through(&proxy, &cached_world.world, 1).await.with_cache(cache(&redis).await);
    let (ada, app) = (cached_world.cached_rows.user, cached_world.cached_rows.app);
    let writes = async || {
        db.users().set_plan(ada, &"pro".parse().unwrap()).await.unwrap();
        db.apps().set_auto_deploy(app, true).await.unwrap();
        db.apps().invalidate(app).await.unwrap();
    };
    // Once to prepare the statements.
    writes().await;
    cached_world.cached_rows.seen(&db).await;

    proxy.reset_counts();
    for _ in 0..3 {
        cached_world.cached_rows.seen(&db).await;
    }
    assert_eq!(proxy.round_trips(), 3, "one each for the API key that is nobody's, which is not remembered");
    proxy.reset_counts();
    writes().await;
    assert_eq!((proxy.round_trips(), proxy.preparations()), (3, 0));
    db.transaction(async |tx| tx.users().set_plan(ada, &"free".parse().unwrap()).await).await.unwrap();
    assert_eq!(proxy.round_trips(), 5, "the statement with BEGIN, and COMMIT");
}
