//! Getting, setting and deleting through Redis.

use futures_util::future::join_all;
use uuid::Uuid;
use wh_cache::{Cache, CacheSettings, Eviction, Installation, RedisSettings};
use wh_testkit::RedisServer;

use crate::support::{NUMBERS, eventually, gives, mirror, process, read};

/// The keys that the server has, as it writes them.
fn keys(server: &RedisServer) -> Vec<String> {
    server.command(&["KEYS", "*"]).lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_sets_another_gets() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    a.set("user:1", "Ada", None).await;
    assert_eq!(b.get::<String>("user:1").await.as_deref(), Some("Ada"));
    b.delete("user:1").await;
    assert_eq!(mirror(&server).await.get::<String>("user:1").await, None);
    eventually("the eviction in the other process", async || a.get::<String>("user:1").await.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_loads_another_does_not() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    assert_eq!(read(&a, "x", 1).await, 1);
    assert_eq!(read(&b, "x", 2).await, 1);
    let nobody = a.get_or_load(&NUMBERS, "nobody", async || Ok::<_, ()>(None)).await;
    assert_eq!(nobody, Ok(None));
    assert_eq!(b.get_or_load(&NUMBERS, "nobody", gives(3)).await, Ok(None), "absence is shared as well");
    assert_eq!(b.get::<u32>(&NUMBERS.key("nobody")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_lives_no_longer_in_a_process_than_in_redis() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    assert_eq!(read(&a, "x", 1).await, 1);
    let key = value_key(&server);
    // The namespace gives it five minutes, and Redis has two seconds left.
    drop(server.command(&["PEXPIRE", &key, "2000"]));
    assert_eq!(read(&b, "x", 2).await, 1);
    eventually("the end of its life", async || read(&b, "x", 2).await == 2).await;
}

/// The key of the one value, without its token.
fn value_key(server: &RedisServer) -> String {
    keys(server).into_iter().find(|key| !key.ends_with('#')).unwrap()
}

/// Puts something else in the place of an entry, and asks for the entry.
async fn spoilt(name: &str, absent: bool, spoil: &[&str]) {
    let server = RedisServer::start();
    let (a, reader) = (process(&server).await, mirror(&server).await);
    let load = if absent { None } else { Some(1) };
    assert_eq!(a.get_or_load(&NUMBERS, name, async || Ok::<_, ()>(load)).await, Ok(load));
    let key = value_key(&server);
    let words: Vec<&str> =
        spoil.iter().map(|word| if *word == "KEY" { key.as_str() } else { word }).collect();
    let put = || {
        drop(server.command(&["DEL", &key]));
        drop(server.command(&words));
    };
    put();
    assert_eq!(reader.get::<u32>(&NUMBERS.key(name)).await, None, "{name}");
    eventually("the deletion", async || keys(&server).is_empty()).await;
    put();
    // Never "does not exist": the source is asked, and its answer kept.
    assert_eq!(reader.get_or_load(&NUMBERS, name, gives(2)).await, Ok(Some(2)), "{name}");
    assert_eq!(reader.get_or_load(&NUMBERS, name, gives(3)).await, Ok(Some(2)), "{name} is there again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_entry_is_a_miss_and_deleted() {
    let spoils: [(&str, &[&str]); 14] = [
        ("empty", &["SET", "KEY", ""]),
        ("text", &["SET", "KEY", "{no json"]),
        ("other", &["SET", "KEY", "\"a text\"\n"]),
        ("null", &["SET", "KEY", "null\n"]),
        ("truncated", &["SET", "KEY", "1"]),
        ("line end", &["SET", "KEY", "\n"]),
        ("newer", &["SET", "KEY", "\u{2}1\n"]),
        ("padded", &["SETRANGE", "KEY", "3", "1\n"]),
        ("zeros", &["SETBIT", "KEY", "23", "0"]),
        ("list", &["LPUSH", "KEY", "1"]),
        ("hash", &["HSET", "KEY", "1\n", "1\n"]),
        ("set", &["SADD", "KEY", "1\n"]),
        ("sorted set", &["ZADD", "KEY", "1", "1\n"]),
        ("stream", &["XADD", "KEY", "*", "1", "1"]),
    ];
    for (name, spoil) in spoils {
        for absent in [false, true] {
            spoilt(name, absent, spoil).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_token_is_deleted_too() {
    let server = RedisServer::start();
    let (a, reader) = (process(&server).await, mirror(&server).await);
    a.set(&NUMBERS.key("x"), &1, None).await;
    let key = value_key(&server);
    let token = format!("{key}#");
    for spoil in [["SET", token.as_str(), "garbage"], ["LPUSH", &token, "1"], ["SET", &token, ""]] {
        drop(server.command(&["DEL", &key, &token]));
        drop(server.command(&spoil));
        assert_eq!(reader.get_or_load(&NUMBERS, "x", gives(2)).await, Ok(Some(2)), "{spoil:?}");
        assert_eq!(reader.get_or_load(&NUMBERS, "x", gives(3)).await, Ok(Some(2)), "{spoil:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_is_searched_in_pages_and_taken_literally() {
    let server = RedisServer::start();
    let (a, reader) = (process(&server).await, mirror(&server).await);
    let many: Vec<String> = (0..2_500).map(|number| format!("user:123:{number}")).collect();
    for some in many.chunks(50) {
        join_all(some.iter().map(|key| a.set(key, &1, None))).await;
    }
    let others = ["user:1234:a", "user:123", "user:1*:b", "user:[1]:c", "user:{1}:d", "xuser:123:e", ""];
    for key in others {
        a.set(key, &1, None).await;
    }
    a.delete_prefix("user:123:").await;
    assert_eq!(keys(&server).len(), others.len());
    for prefix in ["user:1*", "user:[1]", "user:{1}:"] {
        a.delete_prefix(prefix).await;
    }
    for (key, left) in others.into_iter().zip([true, true, false, false, false, true, true]) {
        assert_eq!(reader.get::<u32>(key).await.is_some(), left, "{key}");
        assert_eq!(a.get::<u32>(key).await.is_some(), left, "{key}");
    }
    // The one that this test has sent itself.
    let calls = server.command(&["INFO", "commandstats"]);
    assert!(calls.contains("cmdstat_keys:calls=1,"), "never KEYS: {calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_before_a_deletion_does_not_come_back_after_it() {
    let server = RedisServer::start();
    let a = process(&server).await;
    let many: Vec<String> = (0..3_000).map(|number| format!("user:{number}")).collect();
    join_all(many.iter().map(|key| a.set(key, &1, None))).await;
    a.delete_prefix("user:").await;
    // Far more at once than the server is given at once: what waited too long was not set, and must not be set now.
    eventually("a server that is used", async || a.redis_state() == Some(wh_cache::RedisState::Up)).await;
    assert_eq!(keys(&server), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_on_one_redis_do_not_meet() {
    let server = RedisServer::start();
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    // All have the default name, but one; a restored copy has the id of its original.
    let installations = [
        Installation::new(one, 7, "wisehosting"),
        Installation::new(other, 7, "wisehosting"),
        Installation::new(one, 8, "wisehosting"),
        Installation::new(one, 7, "wisehosting2"),
    ];
    let mut caches = Vec::new();
    for (installation, value) in installations.iter().zip(1_u32..) {
        let settings = RedisSettings::new(server.url(), installation.clone());
        let cache = Cache::start(CacheSettings::default(), settings).await.unwrap();
        assert_eq!(cache.get::<u32>("x").await, None, "{installation:?}");
        cache.set("x", &value, None).await;
        assert_eq!(cache.get_or_load(&NUMBERS, "y", gives(value)).await, Ok(Some(value)));
        caches.push(cache);
    }
    caches[1].delete_prefix("").await;
    caches[2].evict(&[Eviction::Everything]).await;
    for (index, (installation, value)) in installations.iter().zip(1_u32..).enumerate() {
        let settings = RedisSettings::new(server.url(), installation.clone());
        let later = Cache::start(CacheSettings::default(), settings).await.unwrap();
        let kept = (index == 0 || index == 3).then_some(value);
        assert_eq!(later.get::<u32>("x").await, kept, "{installation:?}");
        // Nobody hears the evictions of another installation.
        assert_eq!(caches[index].get::<u32>("x").await, kept, "{installation:?}");
    }
    assert_eq!(server.command(&["PUBSUB", "CHANNELS"]).lines().count(), installations.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_cache_leaves_redis_alone() {
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    a.set("x", &1, None).await;
    a.close().await;
    a.set("x", &2, None).await;
    assert_eq!(a.get::<u32>("x").await, None);
    assert_eq!(b.get::<u32>("x").await, Some(1));
    b.close().await;
    eventually("both have hung up", async || {
        let clients = server.command(&["CLIENT", "LIST"]);
        clients.lines().filter(|line| !line.is_empty()).count() == 1
    })
    .await;
}
