//! Getting, setting and deleting.

use std::time::Duration;

use wh_cache::{Cache, CacheSettings, Namespace};

use crate::support::{NUMBERS, Source, cache, cached, eventually};

#[tokio::test]
async fn what_was_set_is_got_and_is_gone_once_deleted() {
    let cache = cache();
    assert_eq!(cache.get::<String>("user:1").await, None);
    cache.set("user:1", "Ada", None).await;
    assert_eq!(cache.get::<String>("user:1").await.as_deref(), Some("Ada"));
    cache.delete("user:1").await;
    assert_eq!(cache.get::<String>("user:1").await, None);
}

#[tokio::test]
async fn an_entry_lives_as_long_as_its_writer_says() {
    let cache = cache();
    cache.set("short", &1, Some(Duration::from_millis(30))).await;
    cache.set("long", &1, Some(Duration::from_mins(1))).await;
    eventually("the end of the short one", async || cache.get::<u32>("short").await.is_none()).await;
    assert_eq!(cache.get::<u32>("long").await, Some(1));
}

#[tokio::test]
async fn a_life_of_none_or_zero_is_the_default() {
    for (millis, ends) in [(30, true), (300_000, false)] {
        let default_ttl = Duration::from_millis(millis);
        let cache = Cache::in_process(CacheSettings { default_ttl, ..CacheSettings::default() });
        cache.set("none", &1, None).await;
        cache.set("zero", &1, Some(Duration::ZERO)).await;
        eventually("the life of both", async || {
            cache.get::<u32>("none").await.is_none() == ends
                && cache.get::<u32>("zero").await.is_none() == ends
        })
        .await;
    }
}

#[tokio::test]
async fn an_entry_of_another_type_is_deleted_and_counts_as_a_miss() {
    let cache = cache();
    cache.set("user:1", "Ada", None).await;
    assert_eq!(cache.get::<u32>("user:1").await, None);
    assert_eq!(cache.get::<String>("user:1").await, None, "it was deleted");
}

#[tokio::test]
async fn an_unreadable_entry_is_loaded_anew() {
    let (cache, source) = (cache(), Source::default());
    cache.set(&NUMBERS.key("one"), "no number", None).await;
    assert_eq!(cache.get_or_load(&NUMBERS, "one", || source.give(Some(1))).await, Ok(Some(1)));
    assert_eq!(cached(&cache, "one").await, Some(1));
}

#[tokio::test]
async fn a_prefix_takes_what_begins_with_it_and_nothing_else() {
    let cache = cache();
    for key in
        ["user:123:a", "user:123:b", "user:1234:a", "user:123", "xuser:123:a", "user:1*:a", "user:[1]:a"]
    {
        cache.set(key, &1, None).await;
    }
    cache.delete_prefix("user:123:").await;
    cache.delete_prefix("user:1*:").await;
    cache.delete_prefix("user:[1]").await;
    let mut left = Vec::new();
    for key in
        ["user:123:a", "user:123:b", "user:1234:a", "user:123", "xuser:123:a", "user:1*:a", "user:[1]:a"]
    {
        if cache.get::<u32>(key).await.is_some() {
            left.push(key);
        }
    }
    assert_eq!(left, ["user:1234:a", "user:123", "xuser:123:a"]);
}

#[tokio::test]
async fn a_pattern_without_special_signs_is_a_key() {
    let cache = cache();
    for key in ["app:1", "app:12", "app:2:x", r"a\b"] {
        cache.set(key, &1, None).await;
    }
    cache.delete_by_pattern("app:1").await;
    cache.delete_by_pattern(r"a\b").await;
    assert_eq!(cache.get::<u32>(r"a\b").await, None);
    assert_eq!(cache.get::<u32>("app:1").await, None);
    assert_eq!(cache.get::<u32>("app:12").await, Some(1));
    cache.delete_by_pattern("app:?:*").await;
    assert_eq!(cache.get::<u32>("app:2:x").await, None);
    assert_eq!(cache.get::<u32>("app:12").await, Some(1));
}

#[tokio::test]
async fn absence_is_remembered_for_its_own_time() {
    const LONG: Namespace<str, u32> =
        Namespace::new("long", Duration::from_millis(1)).absent_for(Duration::from_mins(5));
    const BRIEF: Namespace<str, u32> =
        Namespace::new("brief", Duration::from_mins(5)).absent_for(Duration::from_millis(30));
    let (cache, source) = (cache(), Source::default());
    assert_eq!(cache.get_or_load(&LONG, "x", || source.give(None)).await, Ok(None));
    assert_eq!(cache.get_or_load(&LONG, "x", || source.give(Some(1))).await, Ok(None));
    assert_eq!(source.asked(), 1);
    assert_eq!(cache.get_or_load(&BRIEF, "x", || source.give(None)).await, Ok(None));
    eventually("the end of absence", async || {
        cache.get_or_load(&BRIEF, "x", || source.give(Some(1))).await == Ok(Some(1))
    })
    .await;
    cache.evict(&[BRIEF.eviction("x")]).await;
    assert_eq!(cache.get_or_load(&BRIEF, "x", || source.give(Some(2))).await, Ok(Some(2)));
}

#[tokio::test]
async fn absence_ends_with_an_eviction() {
    let (cache, source) = (cache(), Source::default());
    assert_eq!(cache.get_or_load(&NUMBERS, "x", || source.give(None)).await, Ok(None));
    cache.evict(&[NUMBERS.eviction("x")]).await;
    assert_eq!(cache.get_or_load(&NUMBERS, "x", || source.give(Some(1))).await, Ok(Some(1)));
}

#[tokio::test]
async fn a_value_that_is_too_large_is_not_kept_and_the_old_one_neither() {
    let cache = Cache::in_process(CacheSettings { largest_value: 10, ..CacheSettings::default() });
    cache.set("text", "short", None).await;
    cache.set("text", "much too long", None).await;
    assert_eq!(cache.get::<String>("text").await, None);
}

#[tokio::test]
async fn the_weight_of_all_entries_is_bounded() {
    let cache = Cache::in_process(CacheSettings { capacity_bytes: 100_000, ..CacheSettings::default() });
    let text = "x".repeat(1_000);
    for number in 0..1_000 {
        cache.set(&format!("text:{number}"), &text, None).await;
    }
    eventually("the bound", async || {
        let mut kept = 0;
        for number in 0..1_000 {
            kept += usize::from(cache.get::<String>(&format!("text:{number}")).await.is_some());
        }
        kept <= 100
    })
    .await;
}

#[tokio::test]
async fn a_closed_cache_keeps_and_gives_nothing() {
    let (cache, source) = (cache(), Source::default());
    cache.set("a", &1, None).await;
    cache.close().await;
    assert_eq!(cache.get::<u32>("a").await, None);
    cache.set("a", &1, None).await;
    assert_eq!(cache.get::<u32>("a").await, None);
    for _ in 0..2 {
        assert_eq!(cache.get_or_load(&NUMBERS, "one", || source.give(Some(1))).await, Ok(Some(1)));
    }
    assert_eq!(source.asked(), 2);
}
