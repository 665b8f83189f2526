//! Many callers, one load.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, Semaphore};
use wh_cache::Cache;

use crate::support::{NUMBERS, Source, cache, cached};

/// Callers that all ask for one key, each on a task of its own.
fn callers(
    count: usize,
    cache: &Cache,
    source: &Arc<Source>,
    gate: &Arc<Semaphore>,
) -> Vec<tokio::task::JoinHandle<Result<Option<u32>, std::convert::Infallible>>> {
    let caller = |_| {
        let (cache, source, gate) = (cache.clone(), Arc::clone(source), Arc::clone(gate));
        tokio::spawn(async move {
            let load = || async {
                let _open = gate.acquire().await;
                source.give(Some(7)).await
            };
            cache.get_or_load(&NUMBERS, "x", load).await
        })
    };
    (0..count).map(caller).collect()
}

/// Lets every spawned task run until it waits for something.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sixty_four_callers_load_once() {
    let (cache, source, gate) = (cache(), Arc::default(), Arc::new(Semaphore::new(0)));
    let callers = callers(64, &cache, &source, &gate);
    settle().await;
    gate.add_permits(64);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(Some(7)));
    }
    assert_eq!(source.asked(), 1);
}

#[tokio::test]
async fn a_dropped_leader_hands_over() {
    let (cache, source, gate) = (cache(), Arc::default(), Arc::new(Semaphore::new(0)));
    let leader = callers(1, &cache, &source, &gate);
    settle().await;
    let others = callers(8, &cache, &source, &gate);
    settle().await;
    leader[0].abort();
    gate.add_permits(64);
    for caller in others {
        assert_eq!(caller.await.unwrap(), Ok(Some(7)));
    }
    assert_eq!(source.asked(), 1);
}

#[tokio::test]
async fn a_panicking_leader_hands_over() {
    let (cache, source, gate) = (cache(), Arc::default(), Arc::new(Semaphore::new(0)));
    let fuse = Arc::new(Notify::new());
    let leader = {
        let (cache, fuse) = (cache.clone(), Arc::clone(&fuse));
        tokio::spawn(async move {
            let load = || async {
                fuse.notified().await;
                assert!(std::env::args().count() == 0, "this loader panics on purpose");
                Ok::<_, ()>(None)
            };
            cache.get_or_load(&NUMBERS, "x", load).await
        })
    };
    settle().await;
    let others = callers(8, &cache, &source, &gate);
    settle().await;
    fuse.notify_one();
    gate.add_permits(64);
    assert!(leader.await.unwrap_err().is_panic());
    for caller in others {
        assert_eq!(caller.await.unwrap(), Ok(Some(7)));
    }
    assert_eq!(source.asked(), 1);
}

#[tokio::test]
async fn an_error_is_the_callers_own_and_is_not_kept() {
    let (cache, source, gate) = (cache(), Arc::default(), Arc::new(Semaphore::new(0)));
    let fuse = Arc::new(Notify::new());
    let leader = {
        let (cache, fuse) = (cache.clone(), Arc::clone(&fuse));
        tokio::spawn(async move {
            let load = || async {
                fuse.notified().await;
                Err("the database is away")
            };
            cache.get_or_load(&NUMBERS, "x", load).await
        })
    };
    settle().await;
    let others = callers(2, &cache, &source, &gate);
    settle().await;
    fuse.notify_one();
    gate.add_permits(2);
    assert_eq!(leader.await.unwrap(), Err("the database is away"));
    for caller in others {
        assert_eq!(caller.await.unwrap(), Ok(Some(7)));
    }
    assert_eq!(cache.get_or_load(&NUMBERS, "x", || source.give(Some(7))).await, Ok(Some(7)));
}

#[tokio::test]
async fn keys_do_not_wait_for_one_another() {
    let (cache, source, gate) = (cache(), Arc::default(), Arc::new(Semaphore::new(0)));
    let stuck = callers(1, &cache, &source, &gate);
    settle().await;
    let other = cache.get_or_load(&NUMBERS, "y", || source.give(Some(1)));
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), other).await.unwrap(), Ok(Some(1)));
    assert_eq!(cached(&cache, "x").await, None);
    stuck[0].abort();
}
