//! What nobody finished, and workers that nobody hears of.

use std::time::Duration;

use futures_util::future::join_all;
use wh_repo::{JobOutcome, rows::Worker};
use wh_types::{
    AppStatus, DeploymentStatus, JobResult, JobStatus, JobStatusUpdate, Progress, WorkerId, WorkerStatus,
};

use crate::support::World;

const TEN_MINUTES: Duration = Duration::from_mins(10);

#[tokio::test]
async fn a_job_is_failed_when_its_worker_is_silent_and_not_because_it_is_old() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    world.db.workers().mark_online(anvil.id).await.unwrap();
    let silent = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let waiting = world.app(&ada, "second-shop").await;
    world.db.jobs().assign(waiting.job, anvil.id).await.unwrap();
    let pending = world.app(&ada, "third-shop").await;
    let reporting = world.app_at_work(&ada, "fourth-shop", &anvil).await.job;
    let app = world.running_app(&ada, "fifth-shop", &anvil, 30_001).await;
    let stop = world.db.jobs().stop(app).await.unwrap().job;
    world.db.jobs().claim(stop.id, anvil.id).await.unwrap();
    let hours = "started_at = started_at - interval '3 hours', assigned_at = assigned_at - interval '3 hours', \
                 created_at = created_at - interval '3 hours', updated_at = updated_at - interval '15 minutes 1 second'";
    world.raw(&format!("UPDATE jobs SET {hours}")).await;
    // A build of three hours that says so.
    let report = JobStatusUpdate {
        job_id: reporting.id,
        status: JobStatus::Processing,
        message: String::new(),
        progress: Progress::NONE,
    };
    world.db.jobs().update_status(anvil.id, &report).await.unwrap();

    assert_eq!(world.db.jobs().fail_stuck(Duration::from_mins(45), 0).await.unwrap(), []);
    let swept = world.db.jobs().fail_stuck(TEN_MINUTES, 0).await.unwrap();

    let mut ids: Vec<_> = swept.iter().map(|job| job.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [silent.id, stop.id]);
    assert!(swept.iter().all(|job| job.status == JobStatus::Failed && job.completed_at.is_some()));
    let app = async |id| world.db.apps().find(id).await.unwrap().unwrap().status;
    assert_eq!((app(silent.app_id).await, app(stop.app_id).await), (AppStatus::Failed, AppStatus::Running));
    let deployment = world.db.deployments().find(silent.deployment_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Failed);
    assert_eq!(deployment.error_message, "The worker gave no sign of life for 15 minutes.");
    for untouched in [pending.job, waiting.job, reporting.id] {
        assert!(world.db.jobs().find(untouched).await.unwrap().unwrap().status.is_active());
    }
    assert_eq!(world.db.jobs().fail_stuck(TEN_MINUTES, 0).await.unwrap(), []);
    assert!(world.db.jobs().fail_stuck(TEN_MINUTES, -1).await.is_err());
}

#[tokio::test]
async fn an_assigned_job_is_failed_when_its_worker_is_away_or_gone() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    world.db.workers().mark_online(anvil.id).await.unwrap();
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    let swept = async || {
        let swept = world.db.jobs().fail_stuck(TEN_MINUTES, 0).await.unwrap();
        swept.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    world
        .raw("UPDATE jobs SET assigned_at = now() - interval '1 day', updated_at = now() - interval '1 day'")
        .await;
    assert_eq!(swept().await, [], "its worker is there");
    world.db.workers().mark_offline(anvil.id).await.unwrap();
    assert_eq!(swept().await, [], "it may come back");
    let away = "UPDATE workers SET offline_since = now() - interval '15 minutes 1 second', \
                last_heartbeat_at = now() - interval '16 minutes'";
    world.raw(away).await;
    assert_eq!(swept().await, [made.job]);
    let job = world.db.jobs().find(made.job).await.unwrap().unwrap();
    assert_eq!(job.message, "The worker was offline for 15 minutes before it took the job up.");

    let orphan = world.app(&ada, "second-shop").await;
    world.db.jobs().assign(orphan.job, anvil.id).await.unwrap();
    world.raw("UPDATE jobs SET worker_id = NULL").await;
    assert_eq!(swept().await, [], "its worker was deleted a moment ago");
    world.raw("UPDATE jobs SET updated_at = now() - interval '16 minutes'").await;
    assert_eq!(swept().await, [orphan.job]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sweeps_share_the_work_and_completions_go_on_beside_them() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let mut jobs = Vec::new();
    for n in 0..24 {
        jobs.push(world.app_at_work(&ada, &format!("shop-number-{n}"), &anvil).await.job);
    }
    world.raw("UPDATE jobs SET updated_at = now() - interval '20 minutes'").await;
    let result = JobResult::default();

    let sweeps = join_all((0..32).map(|_| world.db.jobs().fail_stuck(TEN_MINUTES, 3)));
    let ends = join_all(
        jobs.iter().map(|job| world.db.jobs().complete(job.id, anvil.id, JobOutcome::Completed, &result)),
    );
    let offline = join_all((0..8).map(|_| world.db.workers().mark_offline(anvil.id)));
    let (swept, ended, gone) = tokio::join!(sweeps, ends, offline);

    assert!(gone.into_iter().all(|outcome| outcome.is_ok()));
    let swept: usize = swept.into_iter().map(|jobs| jobs.unwrap().len()).sum();
    let ended = ended.into_iter().flatten().count();
    assert_eq!(swept + ended, 24, "{swept} swept, {ended} completed");
}

#[tokio::test]
async fn a_worker_that_is_gone_is_one_row_and_its_apps_stay() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    world.app_at_work(&ada, "second-shop", &anvil).await;
    world.running_app(&ada, "third-shop", &hammer, 30_001).await;
    for worker in [&anvil, &hammer] {
        world.db.workers().mark_online(worker.id).await.unwrap();
    }
    world
        .raw("UPDATE workers SET last_heartbeat_at = now() - interval '2 minutes' WHERE name = 'anvil'")
        .await;
    let apps = async || {
        world.raw("SELECT string_agg(xmin::text || ' ' || apps::text, ', ' ORDER BY id) FROM apps").await
    };
    let before = apps().await;

    let silence = Duration::from_mins(1);
    let gone = world.db.workers().mark_silent_offline(silence, 0).await.unwrap();
    let is_anvil = |worker: &Worker| (worker.id, worker.status) == (anvil.id, WorkerStatus::Offline);
    assert!(gone.len() == 1 && gone.iter().all(is_anvil), "{gone:?}");
    assert!(gone.iter().all(|worker| worker.offline_since.is_some()));
    assert_eq!(world.db.workers().mark_silent_offline(silence, 0).await.unwrap(), []);
    assert_eq!(world.db.workers().mark_silent_offline(Duration::MAX, 0).await.unwrap(), []);

    let first = world.db.workers().mark_offline(hammer.id).await.unwrap();
    assert_eq!((first.worker.status, first.fresh), (WorkerStatus::Offline, true));
    let again = world.db.workers().mark_offline(hammer.id).await.unwrap();
    assert_eq!((again.worker.offline_since, again.fresh), (first.worker.offline_since, false));
    assert_eq!(apps().await, before);
    let refusal = world.db.workers().mark_offline(WorkerId::new(0)).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such worker");

    world.db.workers().mark_online(hammer.id).await.unwrap();
    assert_eq!(world.db.workers().find(hammer.id).await.unwrap().unwrap().offline_since, None);
}
