//! What nobody finished, and workers that nobody hears of.

use std::time::Duration;

use futures_util::future::join_all;
use wh_repo::{JobOutcome, rows::Worker};
use wh_types::{AppStatus, DeploymentStatus, JobResult, JobStatus, WorkerId, WorkerStatus};

use crate::support::World;

#[tokio::test]
async fn a_job_is_failed_after_a_quarter_of_an_hour_and_not_before() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let begun = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let assigned = world.app(&ada, "second-shop").await;
    world.db.jobs().assign(assigned.job, anvil.id).await.unwrap();
    let pending = world.app(&ada, "third-shop").await;
    let young = world.app_at_work(&ada, "fourth-shop", &anvil).await.job;
    let stop = world.app_at_work(&ada, "fifth-shop", &anvil).await.job;
    world.raw(&format!("UPDATE jobs SET job_type = 'stop' WHERE id = {}", stop.id)).await;
    world.raw(&format!("UPDATE apps SET status = 'running' WHERE id = {}", stop.app_id)).await;
    world
        .raw(&format!(
            "UPDATE jobs SET started_at = started_at - interval '15 minutes 1 second', \
             assigned_at = now() - interval '901 seconds', created_at = now() - interval '1 hour' WHERE id <> {}",
            young.id
        ))
        .await;

    let swept = world.db.jobs().fail_stuck(0).await.unwrap();

    let mut ids: Vec<_> = swept.iter().map(|job| job.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [begun.id, assigned.job, stop.id]);
    assert!(swept.iter().all(|job| job.status == JobStatus::Failed && job.completed_at.is_some()));
    let app = async |id| world.db.apps().find(id).await.unwrap().unwrap().status;
    assert_eq!(
        (app(begun.app_id).await, app(assigned.app).await, app(stop.app_id).await),
        (AppStatus::Failed, AppStatus::Failed, AppStatus::Running)
    );
    let deployment = world.db.deployments().find(assigned.deployment).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Failed);
    assert_eq!(deployment.error_message, "No worker took the job up within 15 minutes.");
    for untouched in [pending.job, young.id] {
        assert!(world.db.jobs().find(untouched).await.unwrap().unwrap().status.is_active());
    }
    assert_eq!(world.db.jobs().fail_stuck(0).await.unwrap(), []);
    assert!(world.db.jobs().fail_stuck(-1).await.is_err());
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
    world.raw("UPDATE jobs SET started_at = now() - interval '20 minutes'").await;
    world.raw("UPDATE apps SET status = 'running'").await;
    let result = JobResult::default();

    let sweeps = join_all((0..32).map(|_| world.db.jobs().fail_stuck(3)));
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
async fn a_worker_that_is_gone_takes_its_running_apps_along() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let running = world.app_at_work(&ada, "first-shop", &anvil).await.job.app_id;
    let deploying = world.app_at_work(&ada, "second-shop", &anvil).await.job.app_id;
    let elsewhere = world.app_at_work(&ada, "third-shop", &hammer).await.job.app_id;
    for worker in [&anvil, &hammer] {
        world.db.workers().mark_online(worker.id).await.unwrap();
    }
    world.raw(&format!("UPDATE apps SET status = 'running' WHERE id IN ({running}, {elsewhere})")).await;
    world
        .raw("UPDATE workers SET last_heartbeat_at = now() - interval '2 minutes' WHERE name = 'anvil'")
        .await;

    let silence = Duration::from_mins(1);
    let gone = world.db.workers().mark_silent_offline(silence, 0).await.unwrap();
    let is_anvil = |worker: &Worker| (worker.id, worker.status) == (anvil.id, WorkerStatus::Offline);
    assert!(gone.len() == 1 && gone.iter().all(is_anvil), "{gone:?}");
    assert_eq!(world.db.workers().mark_silent_offline(silence, 0).await.unwrap(), []);
    assert_eq!(world.db.workers().mark_silent_offline(Duration::MAX, 0).await.unwrap(), []);
    let app = async |id| world.db.apps().find(id).await.unwrap().unwrap().status;
    assert_eq!(
        (app(running).await, app(deploying).await, app(elsewhere).await),
        (AppStatus::Stopped, AppStatus::Deploying, AppStatus::Running)
    );

    assert_eq!(world.db.workers().mark_offline(hammer.id).await.unwrap().status, WorkerStatus::Offline);
    assert_eq!(app(elsewhere).await, AppStatus::Stopped);
    let refusal = world.db.workers().mark_offline(WorkerId::new(0)).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such worker");
}
