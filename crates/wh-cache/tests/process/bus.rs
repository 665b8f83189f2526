//! Two processes and a channel between them that is not Redis.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use wh_cache::{Bus, Cache, CacheSettings, Eviction, Inlet};

use crate::support::{NUMBERS, Source, cached, eventually};

/// A channel that hands evictions to the other side, in the form in which they travel.
#[derive(Default)]
struct Wire {
    other: Mutex<Option<Inlet>>,
}

impl Bus for Wire {
    fn publish(&self, evictions: Vec<Eviction>) -> BoxFuture<'static, ()> {
        let other = self.other.lock().unwrap().clone();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            for message in Eviction::pack(&evictions, 7_999) {
                if let Some(inlet) = &other {
                    inlet.evicted(&Eviction::unpack(&message).unwrap());
                }
            }
        })
    }
}

/// Two caches, the first of which is heard by the second.
fn pair(settings: &CacheSettings) -> (Cache, Cache) {
    let wire = Arc::new(Wire::default());
    let bus: Arc<dyn Bus> = wire.clone();
    let sender = Cache::in_process(settings.clone()).with_bus(bus);
    let receiver = Cache::in_process(settings.clone()).with_bus(Arc::new(Wire::default()));
    *wire.other.lock().unwrap() = Some(receiver.inlet());
    sender.inlet().restored();
    receiver.inlet().restored();
    (sender, receiver)
}

#[tokio::test]
async fn an_eviction_reaches_the_other_process_before_the_call_returns() {
    let (sender, receiver) = pair(&CacheSettings::default());
    let source = Source::default();
    for value in 0..20 {
        assert_eq!(receiver.get_or_load(&NUMBERS, "x", || source.give(Some(value))).await, Ok(Some(value)));
        sender.evict(&[NUMBERS.eviction("x")]).await;
        assert_eq!(cached(&receiver, "x").await, None);
    }
}

#[tokio::test]
async fn an_eviction_leaves_although_its_caller_went_away() {
    let (sender, receiver) = pair(&CacheSettings::default());
    receiver.set(&NUMBERS.key("x"), &1, None).await;
    let evictions = [NUMBERS.eviction("x")];
    let dropped = tokio::time::timeout(Duration::from_millis(1), sender.evict(&evictions)).await;
    assert!(dropped.is_err(), "the caller went away while the eviction was on its way");
    eventually("the eviction", async || cached(&receiver, "x").await.is_none()).await;
}

#[tokio::test]
async fn a_cache_that_is_closed_waits_for_what_is_on_its_way() {
    let (sender, receiver) = pair(&CacheSettings::default());
    receiver.set(&NUMBERS.key("x"), &1, None).await;
    assert!(sender.evict(&[NUMBERS.eviction("x")]).now_or_never().is_none(), "the caller went away at once");
    assert_eq!(cached(&receiver, "x").await, Some(1));
    sender.close().await;
    assert_eq!(cached(&receiver, "x").await, None);
}

#[tokio::test]
async fn what_one_process_sets_the_other_forgets() {
    let (sender, receiver) = pair(&CacheSettings::default());
    receiver.set("a", &1, None).await;
    sender.set("a", &2, None).await;
    assert_eq!(receiver.get::<u32>("a").await, None);
    assert_eq!(sender.get::<u32>("a").await, Some(2));
}

#[tokio::test]
async fn a_deaf_process_soon_doubts_what_it_has() {
    let settings = CacheSettings { deaf_ttl: Duration::from_millis(50), ..CacheSettings::default() };
    let (_, receiver) = pair(&settings);
    receiver.set("a", &1, None).await;
    receiver.inlet().lost();
    eventually("doubt", async || receiver.get::<u32>("a").await.is_none()).await;
    receiver.set("a", &2, None).await;
    assert_eq!(receiver.get::<u32>("a").await, Some(2), "for a moment it is kept all the same");
    eventually("doubt", async || receiver.get::<u32>("a").await.is_none()).await;
}

#[tokio::test]
async fn what_a_deaf_process_may_have_missed_is_gone_once_it_hears_again() {
    let (_, receiver) = pair(&CacheSettings::default());
    receiver.set("a", &1, None).await;
    receiver.inlet().lost();
    receiver.inlet().restored();
    assert_eq!(receiver.get::<u32>("a").await, None);
    receiver.set("a", &2, None).await;
    assert_eq!(receiver.get::<u32>("a").await, Some(2));
}

#[tokio::test]
async fn a_cache_with_a_bus_is_deaf_until_somebody_listens() {
    let settings = CacheSettings { deaf_ttl: Duration::from_millis(20), ..CacheSettings::default() };
    let cache = Cache::in_process(settings).with_bus(Arc::new(Wire::default()));
    cache.set("a", &1, None).await;
    eventually("doubt", async || cache.get::<u32>("a").await.is_none()).await;
}
