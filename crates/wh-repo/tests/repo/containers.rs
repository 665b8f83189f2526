//! Where containers are: ports, moves, deletions under way, and what workers report by themselves.

use wh_repo::{Conflict, Error, JobOutcome, ReportedApps};
use wh_types::{AppId, AppStatus, AppStatusReport, DeployPayload, JobResult, JobStatus, JobType, WorkerId};

use crate::support::{World, commit, spec};

fn result(container: &str, port: u16) -> JobResult {
    JobResult { container_id: container.into(), port, ..Default::default() }
}

#[tokio::test]
async fn the_later_report_of_a_port_takes_it() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let first = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let elsewhere = world.running_app(&ada, "second-shop", &hammer, 30_001).await;
    assert_eq!(world.db.apps().find(first).await.unwrap().unwrap().port, 30_001);
    let second = world.running_app(&ada, "third-shop", &anvil, 30_001).await;
    let port = async |app| world.db.apps().find(app).await.unwrap().unwrap().port;
    assert_eq!((port(first).await, port(second).await, port(elsewhere).await), (0, 30_001, 30_001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_apps_that_report_a_port_at_once_has_it() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let mut jobs = Vec::new();
    for n in 0..16 {
        jobs.push(world.app_at_work(&ada, &format!("shop-number-{n}"), &anvil).await.job.id);
    }
    let same = result("c", 30_001);
    let ends = jobs.iter().map(|job| world.db.jobs().complete(*job, anvil.id, JobOutcome::Completed, &same));
    for outcome in futures_util::future::join_all(ends).await {
        assert!(outcome.unwrap().fresh);
    }
    assert_eq!(world.raw("SELECT count(*) FROM apps WHERE port = 30001").await, "1");
}

#[tokio::test]
async fn a_deployment_of_an_app_that_was_deleted_meanwhile_is_cleaned_up() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let jobs = world.db.jobs();
    for (n, hard) in [true, false].into_iter().enumerate() {
        let job = world.app_at_work(&ada, &format!("shop-number-{n}"), &anvil).await.job;
        if hard {
            world.db.apps().hard_delete(job.app_id).await.unwrap();
        } else {
            world.db.apps().mark_deleted(job.app_id).await.unwrap();
        }
        let ended =
            jobs.complete(job.id, anvil.id, JobOutcome::Completed, &result("stray", 30_001)).await.unwrap();
        assert!(ended.fresh && ended.app_deleted && ended.job.status == JobStatus::Completed);
        let cleanup = jobs.claim_next(anvil.id).await.unwrap().unwrap();
        assert_eq!(Some(cleanup.job.id), ended.cleanup);
        assert_eq!((cleanup.job.job_type, cleanup.job.app_id), (JobType::Delete, job.app_id));
        let payload = DeployPayload::from_json(&cleanup.payload).unwrap();
        assert_eq!(payload.container_id, "stray");
        let app = world.db.apps().find(job.app_id).await.unwrap().unwrap();
        assert_eq!((payload.app_uuid, app.container_id.as_str(), app.port), (app.uuid, "", 0));

        let again =
            jobs.complete(job.id, anvil.id, JobOutcome::Completed, &result("stray", 30_001)).await.unwrap();
        assert!(!again.fresh && again.app_deleted && again.cleanup.is_none());
        jobs.complete(cleanup.job.id, anvil.id, JobOutcome::Completed, &JobResult::default()).await.unwrap();
        assert_eq!(jobs.find_active(job.app_id).await.unwrap(), None);
    }
    let failed = world.app_at_work(&ada, "third-shop", &anvil).await.job;
    world.db.apps().hard_delete(failed.app_id).await.unwrap();
    let ended = jobs.complete(failed.id, anvil.id, JobOutcome::Failed, &JobResult::default()).await.unwrap();
    assert!(ended.app_deleted && ended.cleanup.is_none(), "there is nothing to delete");
}

#[tokio::test]
async fn a_job_of_a_worker_that_is_gone_goes_to_another_and_takes_the_app_along_when_it_is_done() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let jobs = world.db.jobs();
    let app = async |id| world.db.apps().find(id).await.unwrap().unwrap();

    let first = world.app(&ada, "first-shop").await;
    jobs.assign(first.job, anvil.id).await.unwrap();
    let step = jobs.reassign(first.job, hammer.id).await.unwrap();
    assert_eq!((step.fresh, step.job.worker_id), (true, Some(hammer.id)));
    assert!(!jobs.reassign(first.job, hammer.id).await.unwrap().fresh);
    assert_eq!(app(first.app).await.worker_id, Some(hammer.id), "it has no container yet");
    let deployment = world.db.deployments().find(first.deployment).await.unwrap().unwrap();
    assert_eq!(deployment.worker_id, Some(hammer.id));
    assert!(jobs.claim_next(anvil.id).await.unwrap().is_none());

    let running = world.running_app(&ada, "second-shop", &anvil, 30_001).await;
    let made = world.db.deployments().redeploy(running, &commit("beef")).await.unwrap();
    jobs.reassign(made.job, hammer.id).await.unwrap();
    assert_eq!(app(running).await.worker_id, Some(anvil.id), "its container is there until the job is done");
    jobs.claim(made.job, hammer.id).await.unwrap();
    let refusal = jobs.reassign(made.job, anvil.id).await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::IllegalStep { .. })), "{refusal}");
    jobs.complete(made.job, hammer.id, JobOutcome::Completed, &result("new", 0)).await.unwrap();
    let moved = app(running).await;
    assert_eq!((moved.worker_id, moved.container_id.as_str(), moved.port), (Some(hammer.id), "new", 0));

    let stopping = jobs.stop(running).await.unwrap().job;
    let refusal = jobs.reassign(stopping.id, anvil.id).await.unwrap_err();
    insta::assert_snapshot!(refusal, @"job is out of bounds: it is a stop, which needs the worker of the container: cancel it instead");
}

#[tokio::test]
async fn an_assignment_that_is_sent_again_is_the_workers_already_whatever_became_of_it() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let jobs = world.db.jobs();
    let made = world.app(&ada, "first-shop").await;
    assert!(jobs.assign(made.job, anvil.id).await.unwrap().fresh);
    jobs.claim(made.job, anvil.id).await.unwrap();
    let again = jobs.assign(made.job, anvil.id).await.unwrap();
    assert_eq!((again.fresh, again.job.status), (false, JobStatus::Processing));
    jobs.complete(made.job, anvil.id, JobOutcome::Completed, &result("c", 1)).await.unwrap();
    let again = jobs.assign(made.job, anvil.id).await.unwrap();
    assert_eq!((again.fresh, again.job.status), (false, JobStatus::Completed));
}

async fn report(
    world: &World,
    worker: WorkerId,
    app: AppId,
    status: AppStatus,
    container: &str,
) -> AppStatusReport {
    let app_uuid = world.db.apps().find(app).await.unwrap().unwrap().uuid;
    let _ = worker;
    AppStatusReport { app_uuid, status, container_id: container.into(), port: 0, message: String::new() }
}

#[tokio::test]
async fn a_report_of_containers_moves_apps_between_running_and_stopped_and_no_others() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await.id, world.worker("hammer").await);
    let apps = world.db.apps();
    let anvil_row = world.db.workers().find(anvil).await.unwrap().unwrap();
    let died = world.running_app(&ada, "first-shop", &anvil_row, 30_001).await;
    let came_back = world.running_app(&ada, "second-shop", &anvil_row, 30_002).await;
    apps.mark_stopped(came_back).await.unwrap();
    let violated = world.running_app(&ada, "third-shop", &anvil_row, 30_003).await;
    apps.mark_violated(violated, "mined").await.unwrap();
    let elsewhere = world.running_app(&ada, "fourth-shop", &hammer, 30_004).await;
    let deploying = world.running_app(&ada, "fifth-shop", &anvil_row, 30_005).await;
    let job = world.db.deployments().redeploy(deploying, &commit("beef")).await.unwrap().job;
    let deleted = world.running_app(&ada, "sixth-shop", &anvil_row, 30_006).await;
    apps.mark_deleted(deleted).await.unwrap();
    let reports = [
        report(&world, anvil, died, AppStatus::Stopped, "container-30001").await,
        report(&world, anvil, came_back, AppStatus::Running, "container-30002").await,
        report(&world, anvil, violated, AppStatus::Running, "container-30003").await,
        report(&world, anvil, elsewhere, AppStatus::Stopped, "container-30004").await,
        report(&world, anvil, deploying, AppStatus::Stopped, "container-30005").await,
        // The one that the job is just bringing up.
        report(&world, anvil, deploying, AppStatus::Running, "container-new").await,
        report(&world, anvil, deleted, AppStatus::Running, "container-30006").await,
        AppStatusReport {
            app_uuid: uuid::Uuid::nil(),
            ..report(&world, anvil, died, AppStatus::Running, "nobodys").await
        },
    ];
    let as_of = apps.now().await.unwrap();
    let outcome = apps.report(anvil, as_of, &reports).await.unwrap();
    let mut changed = outcome.changed.clone();
    changed.sort_unstable();
    assert_eq!(changed, [died, came_back]);
    let mut remove: Vec<_> = outcome.remove.iter().map(|stray| stray.container_id.as_str()).collect();
    remove.sort_unstable();
    assert_eq!(remove, ["container-30004", "container-30006", "nobodys"]);
    let status = async |app| apps.find(app).await.unwrap().unwrap().status;
    assert_eq!((status(died).await, status(came_back).await), (AppStatus::Stopped, AppStatus::Running));
    assert_eq!((status(violated).await, status(elsewhere).await), (AppStatus::Violated, AppStatus::Running));
    assert_eq!(status(deploying).await, AppStatus::Deploying);
    assert_eq!(world.db.jobs().find(job).await.unwrap().unwrap().app_was, Some(AppStatus::Stopped));
    world.db.jobs().cancel(job).await.unwrap();
    assert_eq!(status(deploying).await, AppStatus::Stopped, "its container had died meanwhile");

    let again = apps.report(anvil, apps.now().await.unwrap(), &reports[..2]).await.unwrap();
    assert_eq!(again, ReportedApps::default(), "nothing is new");
}

#[tokio::test]
async fn a_report_that_is_older_than_an_app_leaves_it() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let apps = world.db.apps();
    let as_of = apps.now().await.unwrap();
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let stale = [
        report(&world, anvil.id, app, AppStatus::Stopped, "container-30001").await,
        report(&world, anvil.id, app, AppStatus::Running, "container-before").await,
    ];
    assert_eq!(apps.report(anvil.id, as_of, &stale).await.unwrap(), ReportedApps::default());
    assert_eq!(apps.find(app).await.unwrap().unwrap().status, AppStatus::Running);
    let outcome = apps.report(anvil.id, apps.now().await.unwrap(), &stale).await.unwrap();
    assert_eq!((outcome.changed.as_slice(), outcome.remove.len()), ([app].as_slice(), 1));

    let failed = [AppStatusReport { status: AppStatus::Failed, ..stale[0].clone() }];
    assert!(matches!(apps.report(anvil.id, as_of, &failed).await, Err(Error::Invalid(_))));
    let nobody = apps.report(WorkerId::new(0), as_of, &stale).await.unwrap();
    assert_eq!(nobody, ReportedApps::default(), "a worker that is not there has nothing to remove");
}

#[tokio::test]
async fn a_worker_that_is_in_use_cannot_be_deleted() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let waiting = world.app(&ada, "second-shop").await;
    world.db.jobs().assign(waiting.job, anvil.id).await.unwrap();
    world
        .db
        .transaction(async |tx| {
            let refusal = tx.workers().delete(anvil.id).await.unwrap_err();
            insta::assert_snapshot!(refusal, @"worker 1 has 2 app(s) and 1 unfinished job(s): move or delete them first");
            tx.deployments().create(&spec(&ada, "third-shop")).await
        })
        .await
        .unwrap();
    world.db.apps().hard_delete(app).await.unwrap();
    world.db.apps().hard_delete(waiting.app).await.unwrap();
    world.db.workers().delete(anvil.id).await.unwrap();
    assert_eq!(world.db.workers().find(anvil.id).await.unwrap(), None);
    assert_eq!(world.db.apps().find(app).await.unwrap().unwrap().worker_id, None, "the history stays");
    world.db.workers().delete(hammer.id).await.unwrap();
    assert!(matches!(world.db.workers().delete(hammer.id).await, Err(Error::NotFound { entity: "worker" })));
}
