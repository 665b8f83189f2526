//! Deployments and jobs.

use secrecy::ExposeSecret;
use uuid::Uuid;
use wh_repo::rows::User;
use wh_repo::{CreatedDeployment, DeploymentSpec, JobOutcome, NewPinnedJob};
use wh_types::{
    AppStatus, CommitMetadata, JobId, JobResult, JobStatus, JobStatusUpdate, JobType, Progress, WorkerId,
};

use super::{Promise, Trial};
use crate::support::{World, redeployment, spec};

/// An app with a pending job, and a worker.
async fn pending(world: &World) -> (CreatedDeployment, WorkerId) {
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    (world.app(&ada, "first-shop").await, anvil.id)
}

/// An app without a job, and a worker.
async fn idle(world: &World) -> (CreatedDeployment, WorkerId) {
    let (made, anvil) = pending(world).await;
    world.db.jobs().cancel(made.job).await.unwrap();
    (made, anvil)
}

/// Two apps whose jobs are assigned.
async fn assigned(world: &World) -> (JobId, WorkerId) {
    let (made, anvil) = pending(world).await;
    let ada = world.db.users().find(wh_types::UserId::new(1)).await.unwrap().unwrap();
    let second = world.app(&ada, "second-shop").await;
    for job in [made.job, second.job] {
        world.db.jobs().assign(job, anvil).await.unwrap();
    }
    (made.job, anvil)
}

/// An app whose job is at work.
async fn at_work(world: &World) -> (JobId, WorkerId) {
    let (job, anvil) = assigned(world).await;
    world.db.jobs().claim(job, anvil).await.unwrap();
    (job, anvil)
}

pub(super) async fn run(trial: &mut Trial) {
    made(trial).await;
    steps(trial).await;
    taken(trial).await;
}

async fn made(trial: &mut Trial) {
    let ada = async |world: &World| world.user("ada", "pro").await;
    trial
        .lose("Deployments::create", Promise::Same, ada, async |db, ada: &User| {
            let app_uuid = Uuid::parse_str("c4ca4238-a0b9-2382-0dcc-509a6f75849b").unwrap();
            db.deployments().create(&DeploymentSpec { app_uuid, ..spec(ada, "first-shop") }).await
        })
        .await;
    trial
        .lose("Deployments::redeploy", Promise::Same, idle, async |db, (made, worker)| {
            db.deployments().redeploy(&redeployment(made.app, *worker, "beef")).await
        })
        .await;
    trial
        .lose("Jobs::create_pinned", Promise::Same, idle, async |db, (made, worker)| {
            let new = NewPinnedJob {
                job_type: JobType::Start,
                app: made.app,
                worker: *worker,
                payload: "{}".into(),
                app_status: AppStatus::Deploying,
            };
            db.jobs().create_pinned(&new).await
        })
        .await;
    let given = async |world: &World| {
        let (made, anvil) = pending(world).await;
        world.db.jobs().assign(made.job, anvil).await.unwrap();
        (made, anvil)
    };
    trial
        .lose("Deployments::set_build_logs", Promise::Same, given, async |db, (made, worker)| {
            db.deployments().set_build_logs(made.deployment, *worker, "built").await
        })
        .await;
}

async fn steps(trial: &mut Trial) {
    trial
        .lose("Jobs::assign", Promise::Same, pending, async |db, (made, worker)| {
            db.jobs().assign(made.job, *worker).await
        })
        .await;
    trial
        .lose("Jobs::cancel", Promise::Same, assigned, async |db, (job, _)| db.jobs().cancel(*job).await)
        .await;
    for status in [JobStatus::Processing, JobStatus::Completed, JobStatus::Failed] {
        trial
            .lose("Jobs::update_status", Promise::Same, at_work, async |db, (job, worker)| {
                let message = "half-way".into();
                let report = JobStatusUpdate { job_id: *job, status, message, progress: Progress::NONE };
                db.jobs().update_status(*worker, &report).await
            })
            .await;
    }
    for outcome in [JobOutcome::Completed, JobOutcome::Failed] {
        let commit = CommitMetadata { sha: "beef".into(), ..Default::default() };
        let result = JobResult {
            container_id: "c".into(),
            port: 30_000,
            logs: "built".into(),
            commit,
            ..Default::default()
        };
        trial
            .lose("Jobs::complete", Promise::Same, at_work, async |db, (job, worker)| {
                db.jobs().complete(*job, *worker, outcome, &result).await
            })
            .await;
    }
    let stuck = async |world: &World| {
        at_work(world).await;
        world.postgres.execute("UPDATE jobs SET started_at = wh_now() - interval '1 hour'").await;
    };
    trial
        .lose("Jobs::fail_stuck", Promise::NothingLeft("Ok([])"), stuck, async |db, ()| {
            db.jobs().fail_stuck(10).await
        })
        .await;
}

/// Calls that take the next one, whichever it is, are not sent again by themselves. What they took is not lost: it can be
/// asked for by its id.
async fn taken(trial: &mut Trial) {
    let (world, (_, anvil)) = trial
        .lose("Jobs::assign_next", Promise::Unknown, pending, async |db, (_, worker)| {
            db.jobs().assign_next(*worker).await
        })
        .await;
    assert!(world.db.jobs().claim_next(anvil).await.unwrap().is_some(), "it is the worker's to claim");

    let (world, (job, anvil)) = trial
        .lose("Jobs::claim", Promise::Unknown, assigned, async |db, (job, worker)| {
            db.jobs().claim(*job, *worker).await
        })
        .await;
    let found = world.db.jobs().find_for_worker(job, anvil).await.unwrap().unwrap();
    assert_eq!(found.job.status, JobStatus::Processing);
    assert!(found.payload.expose_secret().contains("hunter2"));

    let (world, (first, anvil)) = trial
        .lose("Jobs::claim_next", Promise::Unknown, assigned, async |db, (_, worker)| {
            db.jobs().claim_next(*worker).await
        })
        .await;
    let found = world.db.jobs().find_for_worker(first, anvil).await.unwrap().unwrap();
    assert_eq!(found.job.status, JobStatus::Processing);
    assert!(found.payload.expose_secret().contains("hunter2"));
}
