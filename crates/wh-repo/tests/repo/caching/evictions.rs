//! Each write, alone and inside a transaction.

use std::time::Duration;

use wh_repo::{AppChanges, JobOutcome, Page};
use wh_types::{
    AppStatus, HeartbeatRequest, JobResult, JobStatus, JobStatusUpdate, Progress, WorkerResources,
    WorkerStatus,
};

use super::CachedWorld;
use crate::support::{commit, profile, registration, spec};

macro_rules! alone {
    ($db:expr, |$on:ident| $write:expr) => {{
        let $on = $db;
        $write.await.unwrap()
    }};
}

macro_rules! inside {
    ($db:expr, |$on:ident| $write:expr) => {
        $db.transaction(async |$on| $write.await).await.unwrap()
    };
}

/// The life of an app, a user and a worker: after each step both processes see what the database has.
macro_rules! story {
    ($how:ident) => {{
        let cached_world = CachedWorld::new().await;
        let db = &cached_world.db;
        let (ada, app) = (cached_world.cached_rows.user, cached_world.cached_rows.app);
        let anvil = cached_world.plain.workers().find_by_api_key(&"whk_anvil".into()).await.unwrap().unwrap().id;
        let job = cached_world.plain.jobs().find_active(app).await.unwrap().unwrap().id;
        cached_world.same("the beginning").await;
        macro_rules! then {
            ($name:literal, |$on:ident| $write:expr) => {{
                let answer = $how!(db, |$on| $write);
                cached_world.same($name).await;
                answer
            }};
        }

        let renamed = wh_repo::GoogleProfile { name: "Ada L.".to_owned(), ..profile("ada") };
        then!("users.upsert_google", |on| on.users().upsert_google(&renamed));
        then!("users.set_plan", |on| on.users().set_plan(ada, &"pro".parse().unwrap()));
        let secret = "GEZDGNBVGY3TQOJQ".into();
        then!("users.set_totp_secret", |on| on.users().set_totp_secret(ada, &secret));
        then!("users.enable_totp", |on| on.users().enable_totp(ada));
        then!("users.disable_totp", |on| on.users().disable_totp(ada));

        then!("jobs.assign", |on| on.jobs().assign(job, anvil));
        then!("jobs.claim", |on| on.jobs().claim(job, anvil));
        let report = |job, status| JobStatusUpdate {
            job_id: job,
            status,
            message: "…".to_owned(),
            progress: Progress::NONE,
        };
        let working = report(job, JobStatus::Processing);
        then!("jobs.update_status", |on| on.jobs().update_status(anvil, &working));
        let done = JobResult { container_id: "c1".to_owned(), port: 30_001, ..JobResult::default() };
        then!("jobs.complete", |on| on.jobs().complete(job, anvil, JobOutcome::Completed, &done));

        let changes = AppChanges { branch: Some("next".to_owned()), ..AppChanges::default() };
        then!("apps.update_spec", |on| on.apps().update_spec(app, &changes));
        then!("apps.set_webhook_id", |on| on.apps().set_webhook_id(app, Some("17")));
        then!("apps.set_auto_deploy", |on| on.apps().set_auto_deploy(app, false));
        then!("apps.mark_stopped", |on| on.apps().mark_stopped(app));

        for wish in ["start", "stop", "delete"] {
            let job = match wish {
                "start" => then!("jobs.start", |on| on.jobs().start(app)).job.id,
                "stop" => then!("jobs.stop", |on| on.jobs().stop(app)).job.id,
                _ => then!("jobs.delete", |on| on.jobs().delete(app)).job.id,
            };
            then!("jobs.cancel", |on| on.jobs().cancel(job));
        }
        let beef = commit("beef");
        let made = then!("deployments.redeploy", |on| on.deployments().redeploy(app, &beef));
        then!("jobs.claim_next", |on| on.jobs().claim_next(anvil)).unwrap();
        let failed = report(made.job, JobStatus::Failed);
        then!("jobs.update_status to failed", |on| on.jobs().update_status(anvil, &failed));
        let made = then!("deployments.redeploy again", |on| on.deployments().redeploy(app, &beef));
        cached_world
            .world
            .raw(&format!(
                "WITH j AS (UPDATE jobs SET status = 'processing', updated_at = now() - interval '16 minutes' WHERE id = {}) \
                 SELECT 1",
                made.job
            ))
            .await;
        assert_eq!(then!("jobs.fail_stuck", |on| on.jobs().fail_stuck(Duration::from_mins(10), 10)).len(), 1);

        then!("workers.mark_online", |on| on.workers().mark_online(anvil));
        then!("workers.upsert", |on| on.workers().upsert(&registration("anvil")));
        let other_key = wh_repo::WorkerRegistration { api_key: "whk_anvil2".into(), ..registration("anvil") };
        then!("workers.upsert with another key", |on| on.workers().upsert(&other_key));
        assert!(cached_world.cached_rows.seen(db).await.workers[0].is_none(), "the key before is worth nothing");
        let redeployed = then!("deployments.redeploy once more", |on| on.deployments().redeploy(app, &beef));
        $how!(db, |on| on.jobs().claim(redeployed.job, anvil));
        then!("jobs.complete once more", |on| on.jobs().complete(
            redeployed.job,
            anvil,
            JobOutcome::Completed,
            &done
        ));
        then!("workers.mark_offline", |on| on.workers().mark_offline(anvil));
        assert_eq!(cached_world.cached_rows.seen(db).await.app.unwrap().status, AppStatus::Running, "its apps are not written");

        cached_world
            .world
            .raw("UPDATE workers SET status = 'online', last_heartbeat_at = now() - interval '5 minutes'")
            .await;
        let silence = Duration::from_mins(1);
        then!("workers.mark_silent_offline", |on| on.workers().mark_silent_offline(silence, 10));

        let ada_row = cached_world.plain.users().find(ada).await.unwrap().unwrap();
        let second = spec(&ada_row, "second-shop");
        then!("deployments.create", |on| on.deployments().create(&second));
        then!("jobs.assign_next", |on| on.jobs().assign_next(anvil)).unwrap();
        then!("apps.mark_violated", |on| on.apps().mark_violated(app, "too loud"));
        then!("apps.mark_deleted", |on| on.apps().mark_deleted(app));
        let third = spec(&ada_row, "first-shop");
        let again = then!("deployments.create under a freed name", |on| on.deployments().create(&third));
        assert_eq!(cached_world.cached_rows.seen(db).await.by_name.unwrap().id, again.app);
        then!("apps.hard_delete", |on| on.apps().hard_delete(again.app));
    }};
}

#[tokio::test]
async fn each_write_alone_is_seen_at_once_here_and_soon_elsewhere() {
    story!(alone);
}

#[tokio::test]
async fn each_write_in_a_transaction_is_seen_at_once_here_and_soon_elsewhere() {
    story!(inside);
}

#[tokio::test]
async fn what_somebody_else_has_changed_is_seen_after_invalidating() {
    let cached_world = CachedWorld::new().await;
    cached_world.same("the beginning").await;
    let before = cached_world.cached_rows.seen(&cached_world.db).await;
    cached_world.world.raw("UPDATE users SET is_active = false; UPDATE apps SET status = 'violated'").await;
    assert_eq!(
        cached_world.cached_rows.seen(&cached_world.db).await,
        before,
        "it is read from the cache, unless nothing is cached"
    );

    cached_world.db.users().invalidate(cached_world.cached_rows.user).await;
    assert!(!cached_world.cached_rows.seen(&cached_world.db).await.user.unwrap().is_active);
    cached_world.db.apps().invalidate(cached_world.cached_rows.app).await.unwrap();
    cached_world.same("invalidating").await;
    cached_world.world.raw("UPDATE apps SET status = 'running'").await;
    cached_world
        .db
        .transaction(async |tx| tx.apps().invalidate(cached_world.cached_rows.app).await)
        .await
        .unwrap();
    cached_world.same("invalidating in a transaction").await;
}

#[tokio::test]
async fn that_something_is_missing_is_forgotten_when_it_comes_into_being() {
    let cached_world = CachedWorld::new().await;
    let db = &cached_world.db;
    let ada = cached_world.plain.users().find(cached_world.cached_rows.user).await.unwrap().unwrap();
    for db in [db, &cached_world.other] {
        assert_eq!(db.apps().find_by_name(ada.id, "second-shop").await.unwrap(), None);
        assert_eq!(db.workers().find_by_api_key(&"whk_bellows".into()).await.unwrap(), None);
    }
    db.deployments().create(&spec(&ada, "second-shop")).await.unwrap();
    db.workers().upsert(&registration("bellows")).await.unwrap();
    for db in [db, &cached_world.other] {
        crate::support::eventually("what was missing is there", async || {
            db.apps().find_by_name(ada.id, "second-shop").await.unwrap().is_some()
                && db.workers().find_by_api_key(&"whk_bellows".into()).await.unwrap().is_some()
        })
        .await;
    }
}

#[tokio::test]
async fn a_heartbeat_keeps_the_cached_worker() {
    let cached_world = CachedWorld::new().await;
    cached_world.same("the beginning").await;
    let before = cached_world.cached_rows.seen(&cached_world.db).await;
    let beat = HeartbeatRequest { status: WorkerStatus::Online, resources: WorkerResources::default() };
    let anvil = before.workers[0].as_ref().unwrap().id;
    cached_world.db.workers().heartbeat(anvil, &beat).await.unwrap();
    assert_eq!(cached_world.cached_rows.seen(&cached_world.db).await.workers, before.workers);
}

#[tokio::test]
async fn only_the_first_page_of_the_usual_length_is_kept() {
    let cached_world = CachedWorld::new().await;
    let list = async |page| cached_world.db.apps().list(cached_world.cached_rows.user, page).await.unwrap();
    let pages =
        [Page::default(), Page::of(2).unwrap(), Page::default().before(wh_types::AppId::new(i64::MAX))];
    for page in pages {
        assert_eq!(list(page).await.len(), 1);
    }
    cached_world.world.raw("UPDATE apps SET status = 'violated'").await;
    let statuses =
        [list(pages[0]).await, list(pages[1]).await, list(pages[2]).await].map(|apps| apps[0].status);
    assert_eq!(statuses, [AppStatus::Pending, AppStatus::Violated, AppStatus::Violated]);
}

#[tokio::test]
async fn hostile_names_go_past_the_cache_unharmed() {
    let cached_world = CachedWorld::new().await;
    let db = &cached_world.db;
    for name in
        ["", "*", "first-shop*", "[a-z]*", "\u{202e}first", "a'b\"c", "first\0shop", &"x".repeat(1 << 20)]
    {
        assert_eq!(
            db.apps().find_by_name(cached_world.cached_rows.user, name).await.unwrap(),
            None,
            "{name:.20}"
        );
    }
    assert!(db.apps().find_by_name(cached_world.cached_rows.user, "first-shop").await.unwrap().is_some());
    let nobody = wh_types::UserId::new(-1);
    assert_eq!(db.users().find(nobody).await.unwrap(), None);
}
