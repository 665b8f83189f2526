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
async fn behind_a_proxy(cached_world: &CachedWorld) -> (Proxy, Database) {
    let proxy = Proxy::start(cached_world.world.postgres.url()).await;
    let db = hearing(through(&proxy, &cached_world.world, 1).await).await;
    cached_world.cached_rows.seen(&db).await;
    (proxy, db)
}

async fn plan(cached_world: &CachedWorld, db: &Database) -> String {
    db.users().find(cached_world.cached_rows.user).await.unwrap().unwrap().plan
}

#[tokio::test]
async fn nothing_is_evicted_before_the_commit_nor_after_a_rollback() {
    let cached_world = CachedWorld::new().await;
    let (db, ada, app) = (&cached_world.db, cached_world.cached_rows.user, cached_world.cached_rows.app);
    let before = cached_world.cached_rows.seen(db).await;
    // What is not read from the cache any more is told by this.
    cached_world.world.raw("UPDATE users SET name = 'behind'; UPDATE apps SET branch = 'behind'").await;
    let refused = db
        .transaction(async |tx| {
            tx.users().set_plan(ada, &pro()).await?;
            tx.apps().mark_violated(app, "too loud").await?;
            assert_eq!(tx.users().find(ada).await?.unwrap().plan, "pro", "a transaction sees its own");
            assert_eq!(tx.apps().list(ada, wh_repo::Page::default()).await?[0].status, AppStatus::Violated);
            assert_eq!(
                cached_world.cached_rows.seen(db).await,
                before,
                "nobody else does, and nothing is evicted so far"
            );
            Err::<(), _>(Error::NotFound { entity: "reason to go on" })
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(cached_world.cached_rows.seen(db).await, before, "a rollback evicts nothing");
}

#[tokio::test]
async fn a_row_that_was_read_between_the_write_and_the_commit_is_evicted() {
    let cached_world = CachedWorld::new().await;
    cached_world
        .db
        .transaction(async |tx| {
            tx.users().set_plan(cached_world.cached_rows.user, &pro()).await?;
            for db in [&cached_world.db, &cached_world.other] {
                assert_eq!(plan(&cached_world, db).await, "business");
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    cached_world.same("the commit").await;
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_evicts() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    let lost = db
        .transaction(async |tx| {
            tx.users().set_plan(cached_world.cached_rows.user, &pro()).await?;
            proxy.swallow_next_answer();
            Ok::<_, Error>(())
        })
        .await
        .unwrap_err();
    assert!(lost.is_retryable(), "{lost}");
    assert_eq!(plan(&cached_world, &db).await, "pro");
    eventually("the other process sees it", async || plan(&cached_world, &cached_world.other).await == "pro")
        .await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_during_its_commit_evicts() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    let work = db.transaction(async |tx| {
        tx.users().set_plan(cached_world.cached_rows.user, &pro()).await?;
        proxy.hold(true);
        Ok::<_, Error>(())
    });
    abandon("it is carried out", work, async || plan(&cached_world, &cached_world.plain).await == "pro")
        .await;
    proxy.hold(false);
    eventually("the cache sees it", async || plan(&cached_world, &db).await == "pro").await;
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_evicts_and_may_be_sent_again() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    let job = cached_world.plain.jobs().find_active(cached_world.cached_rows.app).await.unwrap().unwrap().id;
    // Prepared first, so that the answer to swallow is that of the step itself.
    db.jobs().cancel(wh_types::JobId::new(0)).await.unwrap_err();

    proxy.swallow_next_answer();
    let lost = db.jobs().cancel(job).await.unwrap_err();
    assert!(matches!(lost, Error::Unavailable { in_doubt: true, .. }), "{lost:?}");
    assert!(!db.jobs().cancel(job).await.unwrap().fresh, "the first call did it");

    eventually("the cache sees it", async || {
        cached_world.cached_rows.seen(&db).await == cached_world.cached_rows.seen(&cached_world.plain).await
    })
    .await;
    assert_eq!(cached_world.cached_rows.seen(&db).await.app.unwrap().status, AppStatus::Failed);
}

#[tokio::test]
async fn a_statement_whose_answer_is_lost_evicts_what_it_was_about() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    let anvil = cached_world.cached_rows.seen(&db).await.workers[0].as_ref().unwrap().id;
    db.jobs().assign_next(wh_types::WorkerId::new(0)).await.unwrap();

    proxy.swallow_next_answer();
    let lost = db.jobs().assign_next(anvil).await.unwrap_err();

    assert!(lost.is_retryable(), "{lost}");
    assert_eq!(
        cached_world.cached_rows.seen(&db).await,
        cached_world.cached_rows.seen(&cached_world.plain).await
    );
    assert_eq!(cached_world.cached_rows.seen(&db).await.app.unwrap().worker_id, Some(anvil));
}

#[tokio::test]
async fn a_statement_that_is_dropped_on_its_way_evicts_what_it_was_about() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    let app = cached_world.cached_rows.app;
    db.apps().mark_violated(wh_types::AppId::new(0), "").await.unwrap_err();

    proxy.hold(true);
    abandon("it is carried out", db.apps().mark_violated(app, "too loud"), async || {
        cached_world.cached_rows.seen(&cached_world.plain).await.app.unwrap().status == AppStatus::Violated
    })
    .await;
    proxy.hold(false);

    let truth = cached_world.cached_rows.seen(&cached_world.plain).await;
    eventually("the cache sees it", async || cached_world.cached_rows.seen(&db).await == truth).await;
}

#[tokio::test]
async fn a_statement_of_a_transaction_that_nobody_waited_for_is_evicted_with_the_rest() {
    let cached_world = CachedWorld::new().await;
    let (proxy, db) = behind_a_proxy(&cached_world).await;
    // Prepared first: what is being prepared is not carried out.
    db.users().set_plan(UserId::new(0), &pro()).await.unwrap_err();
    db.transaction(async |tx| {
        tx.workers().list().await?;
        proxy.hold(true);
        let done = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state = 'idle in transaction' AND query ILIKE '%users%'";
        abandon(
            "it is carried out",
            tx.users().set_plan(cached_world.cached_rows.user, &pro()),
            async || cached_world.world.raw(done).await == "1",
        )
        .await;
        proxy.hold(false);
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(plan(&cached_world, &cached_world.plain).await, "pro", "it was committed");
    assert_eq!(plan(&cached_world, &db).await, "pro");
}
