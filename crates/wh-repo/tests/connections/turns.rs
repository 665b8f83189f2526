//! Callers get connections in the order in which they came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wh_repo::{Database, Error, MaintenanceOptions, Reason};
use wh_testkit::TestDatabase;

use crate::support::{Role, eventually, open, settings};

/// Tasks that do transactions back to back, and how many were begun.
fn busy(db: &Database, tasks: u32) -> (JoinSet<()>, Arc<AtomicU64>) {
    let begun = Arc::<AtomicU64>::default();
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        let (db, begun) = (db.clone(), Arc::clone(&begun));
        set.spawn(async move {
            loop {
                let work = db.transaction(async |tx| {
                    begun.fetch_add(1, Ordering::SeqCst);
                    tx.workers().list().await?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Ok::<_, Error>(())
                });
                work.await.unwrap();
            }
        });
    }
    (set, begun)
}

/// How many transactions of others begin between a call and its service, at most.
async fn overtaken(db: &Database, begun: &AtomicU64) -> u64 {
    let mut most = 0;
    for _ in 0..20 {
        let before = begun.load(Ordering::SeqCst);
        let at = db
            .transaction(async |tx| {
                let at = begun.load(Ordering::SeqCst);
                tx.workers().list().await?;
                Ok::<_, Error>(at)
            })
            .await
            .unwrap();
        most = most.max(at - before);
    }
    most
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fifth_caller_is_served_after_those_who_came_before() {
    let postgres = TestDatabase::new().await;
    let db = open(postgres.url(), 4).await;
    let (_tasks, begun) = busy(&db, 4);
    eventually("all are at work", async || begun.load(Ordering::SeqCst) > 20).await;
    let most = overtaken(&db, &begun).await;
    // Each of the four may be in the queue once before this caller, and begin while it is woken.
    assert!(most <= 8, "{most} transactions went first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_it_is_where_the_server_takes_no_more_connections() {
    let postgres = TestDatabase::new().await;
    let role = Role::new(&postgres, "CONNECTION LIMIT 4").await;
    let db = crate::support::lazy(settings(&role.url, 16));
    let (_tasks, begun) = busy(&db, 4);
    eventually("all are at work", async || begun.load(Ordering::SeqCst) > 20).await;
    // The first one finds out that there are no more.
    overtaken(&db, &begun).await;
    let most = overtaken(&db, &begun).await;
    assert!(most <= 8, "{most} transactions went first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_has_its_place() {
    let postgres = TestDatabase::new().await;
    let db = open(postgres.url(), 2).await;
    let mut holders = JoinSet::new();
    let mut ready = Vec::new();
    for _ in 0..2 {
        let (db, (begun, is_begun)) = (db.clone(), oneshot::channel());
        holders.spawn(async move {
            db.transaction(async |tx| {
                tx.workers().list().await?;
                begun.send(()).unwrap();
                std::future::pending::<()>().await;
                Ok::<_, Error>(())
            })
            .await
        });
        ready.push(is_begun);
    }
    for is_begun in ready {
        is_begun.await.unwrap();
    }
    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
    assert_eq!(report.failures().count(), 0, "{report:#}");
}

#[tokio::test]
async fn an_exhausted_pool_says_its_size_and_not_an_old_reason() {
    let postgres = TestDatabase::new().await;
    let proxy = wh_testkit::Proxy::start(postgres.url()).await;
    let mut settings = settings(proxy.url(), 2);
    settings.acquire_timeout = Duration::from_secs(5);
    proxy.refuse(true);
    let db = crate::support::lazy(settings);
    let error = db.workers().list().await.unwrap_err();
    let Error::Unavailable { reason: Reason::Unreachable(said), .. } = &error else {
        unreachable!("{error}")
    };
    assert!(said.starts_with("cannot connect to 127.0.0.1:"), "{said}");
    proxy.refuse(false);
    eventually("it connects again", async || db.workers().list().await.is_ok()).await;

    let both = db.transaction(async |a| {
        a.workers().list().await?;
        db.transaction(async |b| {
            b.workers().list().await?;
            db.workers().list().await
        })
        .await
    });
    let error = both.await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable { reason: Reason::PoolExhausted { connections: 2 }, .. }),
        "{error}"
    );
}
