//! A row is read, a write commits and evicts, and the old row must not be kept.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::sync::Notify;
use wh_cache::{Cache, Eviction};

use crate::support::{NUMBERS, Source, cache, cached};

/// A caller that has read 1 and is parked before it can say so.
struct Parked {
    go: Arc<Notify>,
    caller: tokio::task::JoinHandle<Result<Option<u32>, Infallible>>,
}

impl Parked {
    async fn after_reading(cache: &Cache) -> Self {
        let (read, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let caller = {
            let (cache, read, go) = (cache.clone(), Arc::clone(&read), Arc::clone(&go));
            tokio::spawn(async move {
                let load = || async {
                    let row = Some(1);
                    read.notify_one();
                    go.notified().await;
                    Ok(row)
                };
                cache.get_or_load(&NUMBERS, "x", load).await
            })
        };
        read.notified().await;
        Self { go, caller }
    }

    async fn goes_on(self) {
        self.go.notify_one();
        assert_eq!(self.caller.await.unwrap(), Ok(Some(1)), "who asked before the write may see the old row");
    }
}

#[tokio::test]
async fn a_row_that_was_read_before_an_eviction_is_not_kept() {
    let key = NUMBERS.key("x");
    for eviction in [
        NUMBERS.eviction("x"),
        NUMBERS.everything(),
        Eviction::Pattern("n*x".to_owned()),
        Eviction::Everything,
        Eviction::Key(key),
    ] {
        let cache = cache();
        let parked = Parked::after_reading(&cache).await;
        cache.evict(std::slice::from_ref(&eviction)).await;
        parked.goes_on().await;
        assert_eq!(cached(&cache, "x").await, None, "after {eviction:?}");
    }
}

#[tokio::test]
async fn nobody_who_asks_after_an_eviction_is_given_what_was_read_before() {
    let (cache, source) = (cache(), Source::default());
    let parked = Parked::after_reading(&cache).await;
    cache.evict(&[NUMBERS.eviction("x")]).await;
    let newer = cache.get_or_load(&NUMBERS, "x", || source.give(Some(2)));
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), newer).await.unwrap(), Ok(Some(2)));
    parked.goes_on().await;
    assert_eq!(cached(&cache, "x").await, Some(2), "the newer load stays");
}

#[tokio::test]
async fn a_row_that_was_read_before_a_set_does_not_replace_it() {
    let cache = cache();
    let parked = Parked::after_reading(&cache).await;
    cache.set(&NUMBERS.key("x"), &2, None).await;
    parked.goes_on().await;
    assert_eq!(cached(&cache, "x").await, Some(2));
}

#[tokio::test]
async fn an_eviction_that_arrives_from_outside_counts_as_well() {
    let cache = cache();
    let parked = Parked::after_reading(&cache).await;
    cache.inlet().evicted(&[NUMBERS.eviction("x")]);
    parked.goes_on().await;
    assert_eq!(cached(&cache, "x").await, None);
}

#[tokio::test]
async fn a_row_that_was_read_while_the_channel_was_down_is_not_kept_once_it_is_back() {
    let cache = cache();
    let inlet = cache.inlet();
    inlet.lost();
    let parked = Parked::after_reading(&cache).await;
    inlet.restored();
    parked.goes_on().await;
    assert_eq!(cached(&cache, "x").await, None);
}
