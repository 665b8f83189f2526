//! Numbers at the ends of their types.

use std::time::Duration;

use serde_json::{Value, json};
use wh_repo::{
    AppChanges, Error, JobOutcome, NewAlertRule, NewAuditEvent, NewDelivery, NewUsageSample, Page,
    WorkerRegistration,
};
use wh_types::{DeployPayload, HeartbeatRequest, JobResult, ResourceLimits, WorkerResources, WorkerStatus};

use super::hostile_world::{HostileWorld, new_event, new_rule};
use crate::support::{registration, spec};
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

pub(super) fn heartbeat(count: u32) -> HeartbeatRequest {
    HeartbeatRequest {
        status: WorkerStatus::Online,
        resources: WorkerResources {
            capacity_cpu_milli: count,
            capacity_memory_mib: count,
            used_cpu_milli: count,
            used_memory_mib: count,
            running_containers: count,
        },
    }
}

#[tokio::test]
async fn counts_of_machines_stop_at_the_largest_that_a_column_holds() {
    let hostile_world = HostileWorld::new().await;
    for (given, kept) in [(0, 0), (1, 1), (1 << 31, i32::MAX), (u32::MAX, i32::MAX)] {
        let new = WorkerRegistration {
            capacity_cpu_milli: given,
            capacity_memory_mib: given,
            ..registration("anvil")
        };
        let worker = hostile_world.db.workers().upsert(&new).await.unwrap();
        assert_eq!((worker.capacity_cpu, worker.capacity_memory_mib), (kept, kept));
        hostile_world.db.workers().heartbeat(hostile_world.anvil.id, &heartbeat(given)).await.unwrap();
        let worker = hostile_world.db.workers().find(hostile_world.anvil.id).await.unwrap().unwrap();
        assert_eq!((worker.used_cpu, worker.used_memory_mib, worker.running_containers), (kept, kept, kept));
    }
    for (silence, gone) in [(Duration::MAX, 0), (Duration::from_hours(1), 0)] {
        assert_eq!(hostile_world.db.workers().mark_silent_offline(silence, 0).await.unwrap().len(), gone);
    }
}

#[tokio::test]
async fn a_limit_that_no_column_holds_is_refused_before_it_is_stored() {
    let hostile_world = HostileWorld::new().await;
    let fits = ResourceLimits {
        pids: i32::MAX.unsigned_abs(),
        ..hostile_world.db.plans().for_id("business").limits()
    };
    for (limits, refusal) in [
        (fits, None),
        (ResourceLimits { pids: 1 << 31, ..fits }, Some("pids")),
        (ResourceLimits { bandwidth_kbit: u32::MAX, ..fits }, Some("bandwidth_kbit")),
    ] {
        let wish = AppChanges { limits: Some(limits), ..Default::default() };
        let mut new = spec(&hostile_world.ada, "another-shop");
        new.limits = Some(limits);
        let outcome = hostile_world
            .db
            .transaction(async |tx| {
                let changed = tx.apps().update_spec(hostile_world.idle.app, &wish).await;
                let made = tx.deployments().create(&new).await;
                tx.users().find(hostile_world.ada.id).await?;
                Ok::<_, Error>((changed, made))
            })
            .await
            .unwrap();
        match (refusal, outcome) {
            (None, (Ok(app), Ok(made))) => {
                assert_eq!(app.pids_limit, i32::MAX);
                hostile_world.db.jobs().assign(made.job, hostile_world.anvil.id).await.unwrap();
                let job = hostile_world.db.jobs().claim(made.job, hostile_world.anvil.id).await.unwrap();
                assert_eq!(DeployPayload::from_json(&job.payload).unwrap().limits, limits);
                hostile_world.db.apps().hard_delete(made.app).await.unwrap();
            }
            (Some(field), (Err(Error::Invalid(changed)), Err(Error::Invalid(made)))) => {
                assert!(changed.to_string().contains(field) && made.to_string().contains(field), "{made}");
            }
            (refusal, outcome) => unreachable!("{refusal:?}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn measurements_at_the_ends_of_their_types_merge_and_the_others_are_refused() {
    let hostile_world = HostileWorld::new().await;
    let app = hostile_world.idle.app;
    let samples = hostile_world.db.usage_samples();
    for (bucket, averages) in [
        (1, [0.0, f64::MIN_POSITIVE]),
        (2, [5e-324, 0.0]),
        (3, [f64::MAX, 0.0]),
        (4, [0.0, f64::MAX]),
        (5, [f64::MAX, f64::MAX]),
        (6, [-0.0, 5e-324]),
        (7, [1e-101, 1e-99]),
    ] {
        for (average, count) in averages.into_iter().zip([u32::MAX, 1]) {
            let new = NewUsageSample {
                cpu_avg: average,
                memory_avg_mib: average,
                network_rx_bytes: u64::MAX,
                network_tx_bytes: 1 << 63,
                samples: count,
                ..sample(app, bucket)
            };
            let kept = samples.upsert(&new).await.unwrap();
            assert!(kept.cpu_avg.is_finite() && kept.cpu_avg >= 0.0, "{averages:?}: {}", kept.cpu_avg);
            assert_eq!((kept.network_rx_bytes, kept.network_tx_bytes), (i64::MAX, i64::MAX));
        }
    }
    for average in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -5e-324] {
        for new in [
            NewUsageSample { cpu_avg: average, ..sample(app, 9) },
            NewUsageSample { memory_avg_mib: average, ..sample(app, 9) },
        ] {
            assert!(matches!(samples.upsert(&new).await, Err(Error::Invalid(_))), "{average}");
        }
    }
    let none = NewUsageSample { samples: 0, ..sample(app, 9) };
    assert!(matches!(samples.upsert(&none).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn small_numbers_hold_their_bounds() {
    let hostile_world = HostileWorld::new().await;
    let db = &hostile_world.db;
    for (status_code, good) in [
        (None, true),
        (Some(100), true),
        (Some(599), true),
        (Some(0), false),
        (Some(99), false),
        (Some(600), false),
    ] {
        let id = u128::from(status_code.unwrap_or(1)) + 100;
        let sent = NewDelivery {
            status_code,
            attempt: if good { u32::MAX } else { 0 },
            duration: Duration::MAX,
            ..delivery(hostile_world.webhook.id, id, true)
        };
        let outcome = db.webhooks().record_delivery(&sent).await;
        assert!(if good { matches!(outcome, Ok(true)) } else { matches!(outcome, Err(Error::Invalid(_))) });
    }
    let page = Page::of(1).unwrap();
    let newest = db
        .webhooks()
        .list_deliveries(hostile_world.webhook.id, hostile_world.ada.id, page)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((newest.duration_ms, newest.attempt), (i32::MAX, i32::MAX));

    for (threshold, sustain_minutes, good) in [
        (0, 0, true),
        (100, 1440, true),
        (101, 0, false),
        (u8::MAX, 0, false),
        (0, 1441, false),
        (0, u16::MAX, false),
    ] {
        let rule = NewAlertRule {
            threshold,
            sustain_minutes,
            ..new_rule(hostile_world.ada.id, hostile_world.idle.app)
        };
        let outcome = db.alert_rules().upsert(&rule).await;
        assert!(if good { outcome.is_ok() } else { matches!(outcome, Err(Error::Invalid(_))) }, "{rule:?}");
    }

    for port in [0, 1, u16::MAX] {
        let result = JobResult { port, ..Default::default() };
        let over = db
            .transaction(async |tx| {
                let job = &hostile_world.at_work.job;
                tx.jobs().complete(job.id, hostile_world.anvil.id, JobOutcome::Completed, &result).await?;
                let app = tx.apps().find(job.app_id).await?.unwrap();
                assert_eq!(app.port, i32::from(port));
                Err::<(), _>(Error::NotFound { entity: "end" })
            })
            .await;
        assert_eq!(over.unwrap_err().to_string(), "no such end");
        let mut new = spec(&hostile_world.ada, &format!("shop-at-{port}"));
        new.source.port = port;
        db.deployments().create(&new).await.unwrap();
    }
}

#[tokio::test]
async fn json_that_could_not_be_read_back_is_refused() {
    let hostile_world = HostileWorld::new().await;
    let nested = |levels: u32| {
        (0..levels).fold(json!(1), |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
    };
    let numbers = json!([u64::MAX, i64::MIN, 0.1, 1e15, true]);
    for ((value, good), id) in [
        (json!(null), true),
        (json!("text"), true),
        (json!({"a": {"a\0": 1}, "": [[], {}]}), true),
        (numbers, true),
        (nested(100), true),
        (nested(101), false),
        (nested(127), false),
        (nested(1000), false),
    ]
    .into_iter()
    .zip(10..)
    {
        let (event, sent) = hostile_world
            .db
            .transaction(async |tx| {
                let detail = value.clone();
                let event = tx
                    .audit_events()
                    .record(&NewAuditEvent { detail, ..new_event(hostile_world.ada.id) })
                    .await;
                let payload = value.clone();
                let sent = NewDelivery { payload, ..delivery(hostile_world.webhook.id, id, true) };
                let sent = tx.webhooks().record_delivery(&sent).await;
                tx.users().find(hostile_world.ada.id).await?;
                Ok::<_, Error>((event, sent))
            })
            .await
            .unwrap();
        if good {
            let clean: Value = serde_json::from_str(&value.to_string().replace("\\u0000", "")).unwrap();
            assert_eq!(event.unwrap().detail, clean);
            assert!(sent.unwrap());
        } else {
            assert!(matches!(event, Err(Error::Invalid(_))));
            assert!(matches!(sent, Err(Error::Invalid(_))));
        }
    }
    hostile_world.db.audit_events().list(hostile_world.ada.id, Page::default()).await.unwrap();
    hostile_world
        .db
        .webhooks()
        .list_deliveries(hostile_world.webhook.id, hostile_world.ada.id, Page::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn batches_that_are_too_large_are_refused() {
    let hostile_world = HostileWorld::new().await;
    let apps = vec![hostile_world.idle.app; 10_001];
    assert!(matches!(hostile_world.db.domains().verified_by_apps(&apps).await, Err(Error::Invalid(_))));
    assert!(matches!(hostile_world.db.runtime_logs().newest(&apps, 1).await, Err(Error::Invalid(_))));
    assert_eq!(hostile_world.db.runtime_logs().newest(&apps[1..], 1).await.unwrap(), []);
    assert_eq!(hostile_world.db.runtime_logs().newest(&[], 1).await.unwrap(), []);
    assert_eq!(hostile_world.db.runtime_logs().save(&[]).await.unwrap(), 0);
    assert_eq!(hostile_world.db.domains().verified_by_apps(&[]).await.unwrap().len(), 0);
    let codes = vec!["code".into(); 33];
    assert!(matches!(
        hostile_world.db.backup_codes().replace(hostile_world.ada.id, &codes).await,
        Err(Error::Invalid(_))
    ));
    let events: Vec<String> = (0..65).map(|n| format!("event.{n}")).collect();
    let names: Vec<&str> = events.iter().map(String::as_str).collect();
    assert!(matches!(
        hostile_world.db.webhooks().create(&webhook(hostile_world.ada.id, &names)).await,
        Err(Error::Invalid(_))
    ));
    hostile_world.db.webhooks().create(&webhook(hostile_world.ada.id, &names[1..])).await.unwrap();
}
