//! Getting, setting and deleting through Redis.

use std::time::Duration;

use futures_util::future::join_all;
use wh_cache::{Cache, CacheSettings, Namespace, RedisSettings};
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
    const BRIEF: Namespace<str, u32> = Namespace::new("brief", Duration::from_millis(300));
    let server = RedisServer::start();
    let (a, b) = (process(&server).await, process(&server).await);
    a.get_or_load(&BRIEF, "x", gives(1)).await.unwrap();
    let begin = std::time::Instant::now();
    eventually("the end of its life", async || {
        b.get_or_load(&BRIEF, "x", gives(2)).await.unwrap() == Some(2)
    })
    .await;
    assert!(begin.elapsed() < Duration::from_millis(590), "it began a second life: {:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_entries_are_deleted_and_count_as_a_miss() {
    let server = RedisServer::start();
    let (a, reader) = (process(&server).await, mirror(&server).await);
    let spoils: [(&str, [&str; 3]); 3] = [
        ("text", ["SET", "", "{no json"]),
        ("other", ["SET", "", "\"a text\""]),
        ("list", ["LPUSH", "", "1"]),
    ];
    for (name, spoil) in spoils {
        a.set(&NUMBERS.key(name), &1, None).await;
        let [key]: [String; 1] = keys(&server).try_into().unwrap();
        drop(server.command(&["DEL", &key]));
        let words: Vec<&str> =
            spoil.iter().map(|word| if word.is_empty() { key.as_str() } else { word }).collect();
        drop(server.command(&words));
        assert_eq!(reader.get::<u32>(&NUMBERS.key(name)).await, None, "{name}");
        assert_eq!(keys(&server), [""; 0], "{name} was deleted");
        drop(server.command(&words));
        assert_eq!(reader.get_or_load(&NUMBERS, name, gives(2)).await, Ok(Some(2)), "{name}");
        assert_eq!(reader.get::<u32>(&NUMBERS.key(name)).await, Some(2), "{name} is there again");
        reader.delete_prefix("").await;
        eventually("nothing is left", async || {
            reader.delete_prefix("").await;
            keys(&server).is_empty()
        })
        .await;
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
async fn installations_with_different_prefixes_do_not_meet() {
    let server = RedisServer::start();
    let with = |prefix: &str| RedisSettings { prefix: prefix.to_owned(), ..RedisSettings::new(server.url()) };
    let a = Cache::start(CacheSettings::default(), with("a[*:")).await.unwrap();
    let b = Cache::start(CacheSettings::default(), with("b:")).await.unwrap();
    a.set("x", &1, None).await;
    b.set("x", &2, None).await;
    b.delete_prefix("").await;
    assert_eq!(mirror(&server).await.get::<u32>("x").await, None);
    assert_eq!(a.get::<u32>("x").await, Some(1));
    a.delete_prefix("").await;
    assert_eq!(keys(&server), [""; 0]);
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
