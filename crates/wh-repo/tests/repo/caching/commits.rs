//! Writes that end in another way than with an answer.

use wh_repo::{Database, Error};
use wh_testkit::Proxy;
use wh_types::{AppStatus, PlanId, UserId};

use super::{CachedWorld, hearing, through};
use crate::support::{abandon, eventually};

fn pro() -> PlanId {
    "pro".parse().unwrap()
}

/// A database behind a proxy that has everything in its cache.
async fn behind_a_proxy(stage: &CachedWorld) -> (Proxy, Database) {
    let proxy = Proxy::start(stage.world.postgres.url()).await;
    let db = hearing(through(&proxy, &stage.world, 1).await).await;
    stage.cast.seen(&db).await;
    (proxy, db)
}

async fn plan(stage: &CachedWorld, db: &Database) -> String {
    db.users().find(stage.cast.user).await.unwrap().unwrap().plan
}

#[tokio::test]
async fn nothing_is_evicted_before_the_commit_nor_after_a_rollback() {
    let stage = CachedWorld::new().await;
    let (db, ada, app) = (&stage.db, stage.cast.user, stage.cast.app);
    let before = stage.cast.seen(db).await;
    // What is not read from the cache any more is told by this.
    stage.world.raw("UPDATE users SET name = 'behind'; UPDATE apps SET branch = 'behind'").await;
    let refused = db
        .transaction(async |tx| {
            tx.users().set_plan(ada, &pro()).await?;
            tx.apps().mark_violated(app, "too loud").await?;
            assert_eq!(tx.users().find(ada).await?.unwrap().plan, "pro", "a transaction sees its own");
            assert_eq!(tx.apps().list(ada, wh_repo::Page::default()).await?[0].status, AppStatus::Violated);
            assert_eq!(stage.cast.seen(db).await, before, "nobody else does, and nothing is evicted so far");
            Err::<(), _>(Error::NotFound { entity: "reason to go on" })
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(stage.cast.seen(db).await, before, "a rollback evicts nothing");
}

#[tokio::test]
async fn a_row_that_was_read_between_the_write_and_the_commit_is_evicted() {
    let stage = CachedWorld::new().await;
    stage
        .db
        .transaction(async |tx| {
            tx.users().set_plan(stage.cast.user, &pro()).await?;
            for db in [&stage.db, &stage.other] {
                assert_eq!(plan(&stage, db).await, "business");
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    stage.same("the commit").await;
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_evicts() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    let lost = db
        .transaction(async |tx| {
            tx.users().set_plan(stage.cast.user, &pro()).await?;
            proxy.swallow_next_answer();
            Ok::<_, Error>(())
        })
        .await
        .unwrap_err();
    assert!(lost.is_retryable(), "{lost}");
    assert_eq!(plan(&stage, &db).await, "pro");
    eventually("the other process sees it", async || plan(&stage, &stage.other).await == "pro").await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_during_its_commit_evicts() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    let work = db.transaction(async |tx| {
        tx.users().set_plan(stage.cast.user, &pro()).await?;
        proxy.hold(true);
        Ok::<_, Error>(())
    });
    abandon("it is carried out", work, async || plan(&stage, &stage.plain).await == "pro").await;
    proxy.hold(false);
    eventually("the cache sees it", async || plan(&stage, &db).await == "pro").await;
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_evicts_and_may_be_sent_again() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    let job = stage.plain.jobs().find_active(stage.cast.app).await.unwrap().unwrap().id;
    // Prepared first, so that the answer to swallow is that of the step itself.
    db.jobs().cancel(wh_types::JobId::new(0)).await.unwrap_err();

    proxy.swallow_next_answer();
    let lost = db.jobs().cancel(job).await.unwrap_err();
    assert!(matches!(lost, Error::Unavailable { in_doubt: true, .. }), "{lost:?}");
    assert!(!db.jobs().cancel(job).await.unwrap().fresh, "the first call did it");

    eventually("the cache sees it", async || {
        stage.cast.seen(&db).await == stage.cast.seen(&stage.plain).await
    })
    .await;
    assert_eq!(stage.cast.seen(&db).await.app.unwrap().status, AppStatus::Failed);
}

#[tokio::test]
async fn a_statement_whose_answer_is_lost_evicts_what_it_was_about() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    let anvil = stage.cast.seen(&db).await.workers[0].as_ref().unwrap().id;
    db.jobs().assign_next(wh_types::WorkerId::new(0)).await.unwrap();

    proxy.swallow_next_answer();
    let lost = db.jobs().assign_next(anvil).await.unwrap_err();

    assert!(lost.is_retryable(), "{lost}");
    assert_eq!(stage.cast.seen(&db).await, stage.cast.seen(&stage.plain).await);
    assert_eq!(stage.cast.seen(&db).await.app.unwrap().worker_id, Some(anvil));
}

#[tokio::test]
async fn a_statement_that_is_dropped_on_its_way_evicts_what_it_was_about() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    let app = stage.cast.app;
    db.apps().mark_violated(wh_types::AppId::new(0), "").await.unwrap_err();

    proxy.hold(true);
    abandon("it is carried out", db.apps().mark_violated(app, "too loud"), async || {
        stage.cast.seen(&stage.plain).await.app.unwrap().status == AppStatus::Violated
    })
    .await;
    proxy.hold(false);

    let truth = stage.cast.seen(&stage.plain).await;
    eventually("the cache sees it", async || stage.cast.seen(&db).await == truth).await;
}

#[tokio::test]
async fn a_statement_of_a_transaction_that_nobody_waited_for_is_evicted_with_the_rest() {
    let stage = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&stage).await;
    // Prepared first: what is being prepared is not carried out.
    db.users().set_plan(UserId::new(0), &pro()).await.unwrap_err();
    db.transaction(async |tx| {
        tx.workers().list().await?;
        proxy.hold(true);
        let done = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state = 'idle in transaction' AND query ILIKE '%users%'";
        abandon("it is carried out", tx.users().set_plan(stage.cast.user, &pro()), async || {
            stage.world.raw(done).await == "1"
        })
        .await;
        proxy.hold(false);
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(plan(&stage, &stage.plain).await, "pro", "it was committed");
    assert_eq!(plan(&stage, &db).await, "pro");
}
