//! Usage over time.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use wh_repo::{Error, NewUsageSample, UsageScope};
use wh_types::AppId;

use crate::support::World;

fn midnight() -> DateTime<Utc> {
    // The end of a leap day.
    "2028-03-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn sample(app: AppId, minutes: i64) -> NewUsageSample {
    NewUsageSample {
        app,
        bucket_start: midnight() + TimeDelta::minutes(minutes),
        cpu_avg: 100.0,
        cpu_max: 500,
        memory_avg_mib: 64.0,
        memory_max_mib: 128,
        network_rx_bytes: 1000,
        network_tx_bytes: 10,
        disk_mib: 7,
        samples: 1,
    }
}

#[tokio::test]
async fn measurements_merge_by_weight_maximum_and_sum() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let samples = world.db.usage_samples();
    let first = samples.upsert(&sample(app, 0)).await.unwrap();
    assert_eq!((first.user_id, first.samples), (ada.id, 1));
    let more = NewUsageSample {
        cpu_avg: 200.0,
        cpu_max: 300,
        memory_avg_mib: 0.0,
        memory_max_mib: 256,
        disk_mib: 3,
        samples: 3,
        ..sample(app, 0)
    };
    let merged = samples.upsert(&more).await.unwrap();
    assert!((merged.cpu_avg - 175.0).abs() < 1e-9 && (merged.memory_avg_mib - 16.0).abs() < 1e-9);
    assert_eq!((merged.cpu_max, merged.memory_max_mib, merged.disk_mib), (500, 256, 7));
    assert_eq!((merged.network_rx_bytes, merged.network_tx_bytes, merged.samples), (2000, 20, 4));

    let huge = NewUsageSample {
        network_rx_bytes: u64::MAX,
        cpu_max: u32::MAX,
        samples: u32::MAX,
        cpu_avg: f64::MAX,
        ..sample(app, 0)
    };
    let full = samples.upsert(&huge).await.unwrap();
    assert_eq!((full.network_rx_bytes, full.cpu_max, full.samples), (i64::MAX, i32::MAX, i32::MAX));
    assert!(samples.upsert(&huge).await.unwrap().cpu_avg.is_finite());

    let nowhere = samples.upsert(&sample(AppId::new(0), 0)).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "no such app");
    for wrong in [
        NewUsageSample { cpu_avg: f64::NAN, ..sample(app, 0) },
        NewUsageSample { memory_avg_mib: -1.0, ..sample(app, 0) },
        NewUsageSample { samples: 0, ..sample(app, 0) },
    ] {
        assert!(matches!(samples.upsert(&wrong).await, Err(Error::Invalid(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_where_sixty_four_measure_at_once() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    let new = sample(app, 0);
    let outcomes = join_all((0..64).map(|_| world.db.usage_samples().upsert(&new))).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    let end = midnight() + TimeDelta::minutes(1);
    let kept = world.db.usage_samples().list(UsageScope::App(app), midnight(), end).await.unwrap();
    assert_eq!((kept.len(), kept[0].samples, kept[0].network_rx_bytes), (1, 64, 64_000));
}

#[tokio::test]
async fn a_span_of_time_begins_with_its_first_moment_and_ends_before_its_last() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let (first, second) = (world.app(&ada, "first-shop").await.app, world.app(&ada, "second-shop").await.app);
    let samples = world.db.usage_samples();
    for n in [-5, 0, 5, 10] {
        samples.upsert(&sample(first, n)).await.unwrap();
    }
    samples.upsert(&sample(second, 5)).await.unwrap();
    let listed = async |scope, from: i64, to: i64| -> Vec<(AppId, i64)> {
        let at = |minutes| midnight() + TimeDelta::minutes(minutes);
        let found = samples.list(scope, at(from), at(to)).await.unwrap();
        found.iter().map(|sample| (sample.app_id, (sample.bucket_start - midnight()).num_minutes())).collect()
    };
    assert_eq!(listed(UsageScope::App(first), 0, 10).await, [(first, 0), (first, 5)]);
    assert_eq!(
        listed(UsageScope::User(ada.id), -5, 6).await,
        [(first, -5), (first, 0), (first, 5), (second, 5)]
    );
    assert_eq!(listed(UsageScope::User(eve.id), -100, 100).await, []);
    let backwards =
        samples.list(UsageScope::App(first), midnight(), midnight() - TimeDelta::seconds(1)).await;
    assert!(matches!(backwards, Err(Error::Invalid(_))));

    assert_eq!(samples.prune(midnight() + TimeDelta::minutes(6), 2).await.unwrap(), 2);
    let pruned = join_all((0..8).map(|_| samples.prune(midnight() + TimeDelta::minutes(6), 1))).await;
    assert_eq!(pruned.into_iter().map(Result::unwrap).sum::<usize>(), 2);
    assert_eq!(listed(UsageScope::User(ada.id), -100, 100).await, [(first, 10)]);
    assert!(samples.prune(midnight(), -1).await.is_err());
}
