//! When a key is forgotten, and when it must not be.

use wh_plans::Plans;
use wh_repo::Database;
use wh_testkit::Proxy;

use super::{NEW, OLD, Values, id, left_behind, mismatch, nobody_there, open, raw, ring, rotate};
use crate::support::{World, eventually, key, settings};

#[tokio::test]
async fn a_key_that_a_service_still_writes_with_stays_on_record() {
    let World { db: service, postgres } = World::new().await;
    service.secrets().check().await.unwrap();
    Values::write(&service).await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    both.secrets().check().await.unwrap();
    let rotation = rotate(&both).await;
    assert_eq!((rotation.left, rotation.forgotten.len()), (0, 0), "all values are done, and the key is not");
    assert!(!rotation.is_complete());
    let kept = rotation.keys.iter().find(|key| key.id == id(OLD)).unwrap();
    assert!(kept.connections > 0, "{kept:?}");
    let alone = open(&postgres, ring(NEW, &[])).await;
    assert_eq!(mismatch(alone.secrets().check().await.unwrap_err()).missing, [id(OLD)]);

    drop(service);
    let there = async || {
        both.secrets().keys().await.unwrap().iter().any(|key| key.id == id(OLD) && key.connections > 0)
    };
    eventually("the old service is gone", async || !there().await).await;
    let rotation = rotate(&both).await;
    assert_eq!(rotation.forgotten, [id(OLD)]);
    assert!(rotation.is_complete(), "{rotation:?}");
    alone.secrets().check().await.unwrap();
}

#[tokio::test]
async fn a_service_that_comes_back_after_its_key_was_forgotten_puts_it_back() {
    let (postgres, values) = left_behind().await;
    // A service whose network is away for as long as the rotation takes.
    let proxy = Proxy::start(postgres.url()).await;
    let service = Database::connect(settings(proxy.url(), 1), ring(OLD, &[]), Plans::new()).await.unwrap();
    service.secrets().check().await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    nobody_there(&postgres).await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    both.secrets().check().await.unwrap();
    assert_eq!(rotate(&both).await.forgotten, [id(OLD)]);

    proxy.refuse(false);
    eventually("the service writes again", async || {
        service.env_vars().set(values.app, &key("LATE"), &"with the old key".into()).await.is_ok()
    })
    .await;
    let alone = open(&postgres, ring(NEW, &[])).await;
    assert_eq!(mismatch(alone.secrets().check().await.unwrap_err()).missing, [id(OLD)]);
}

#[tokio::test]
async fn a_service_that_comes_and_goes_during_the_last_look_keeps_its_key() {
    let (postgres, values) = left_behind().await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    both.secrets().check().await.unwrap();
    super::rotate(&both).await;
    // The old key is back on record, as if the rotation had not got to its end.
    postgres.execute(&format!("INSERT INTO encryption_keys (key_id) VALUES ('{}')", id(OLD))).await;

    // Stops the next look at its last table, when the environment has been looked at.
    let mut client = postgres.client().await;
    let stop = client.transaction().await.unwrap();
    stop.batch_execute("LOCK TABLE webhooks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let task = tokio::spawn({
        let both = both.clone();
        async move { rotate(&both).await }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'webhooks'::regclass AND NOT granted";
    eventually("the rotation has come to its last table", async || raw(&postgres, waiting).await == "1")
        .await;

    // It has not even been checked at its start, as a service of the version before.
    let service = open(&postgres, ring(OLD, &[])).await;
    service.env_vars().set(values.app, &key("LATE"), &"with the old key".into()).await.unwrap();
    drop(service);
    let there = async || {
        both.secrets().keys().await.unwrap().iter().any(|key| key.id == id(OLD) && key.connections > 0)
    };
    eventually("it is gone", async || !there().await).await;

    stop.rollback().await.unwrap();
    let rotation = task.await.unwrap();
    assert_eq!(rotation.forgotten, [], "{rotation:?}");
    assert_eq!(rotate(&both).await.forgotten, [id(OLD)]);
    let alone = open(&postgres, ring(NEW, &[])).await;
    assert_eq!(alone.env_vars().list(values.app).await.unwrap().len(), 4);
}
