//! Deployments and jobs.

use secrecy::ExposeSecret;
use uuid::Uuid;
use wh_repo::rows::User;
use wh_repo::{CreatedDeployment, DeploymentSpec, JobOutcome};
use wh_types::{AppId, CommitMetadata, JobId, JobResult, JobStatus, JobStatusUpdate, Progress, WorkerId};

use super::{LossyWorld, Promise};
use crate::support::{World, commit, spec};

/// An app with a pending job, and a worker.
async fn pending(world: &World) -> (CreatedDeployment, WorkerId) {
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    (world.app(&ada, "first-shop").await, anvil.id)
}

/// An app that runs, without a job.
async fn idle(world: &World) -> AppId {
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    world.running_app(&ada, "first-shop", &anvil, 30_000).await
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

pub(super) async fn run(lossy_world: &mut LossyWorld) {
    made(lossy_world).await;
    steps(lossy_world).await;
    taken(lossy_world).await;
}

async fn made(lossy_world: &mut LossyWorld) {
    let ada = async |world: &World| world.user("ada", "pro").await;
    lossy_world
        .lose("Deployments::create", Promise::Same, ada, async |db, ada: &User| {
            let app_uuid = Uuid::parse_str("c4ca4238-a0b9-2382-0dcc-509a6f75849b").unwrap();
            db.deployments().create(&DeploymentSpec { app_uuid, ..spec(ada, "first-shop") }).await
        })
        .await;
    lossy_world
        .lose("Deployments::redeploy", Promise::Same, idle, async |db, app: &AppId| {
            db.deployments().redeploy(*app, &commit("beef")).await
        })
        .await;
    lossy_world
        .lose("Jobs::start", Promise::Same, idle, async |db, app: &AppId| db.jobs().start(*app).await)
        .await;
    lossy_world
        .lose("Jobs::stop", Promise::Same, idle, async |db, app: &AppId| db.jobs().stop(*app).await)
        .await;
    lossy_world
        .lose("Jobs::delete", Promise::Same, idle, async |db, app: &AppId| db.jobs().delete(*app).await)
        .await;
    let given = async |world: &World| {
        let (made, anvil) = pending(world).await;
        world.db.jobs().assign(made.job, anvil).await.unwrap();
        (made, anvil)
    };
    lossy_world
        .lose("Deployments::set_build_logs", Promise::Same, given, async |db, (made, worker)| {
            db.deployments().set_build_logs(made.deployment, *worker, "built").await
        })
        .await;
}

async fn steps(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("Jobs::assign", Promise::Once, pending, async |db, (made, worker)| {
            db.jobs().assign(made.job, *worker).await
        })
        .await;
    let hammers = async |world: &World| {
        let (job, _) = assigned(world).await;
        (job, world.worker("hammer").await.id)
    };
    lossy_world
        .lose("Jobs::reassign", Promise::Once, hammers, async |db, (job, hammer)| {
            db.jobs().reassign(*job, *hammer).await
        })
        .await;
    lossy_world
        .lose("Jobs::cancel", Promise::Once, assigned, async |db, (job, _)| db.jobs().cancel(*job).await)
        .await;
    for status in [JobStatus::Processing, JobStatus::Completed, JobStatus::Failed] {
        lossy_world
            .lose("Jobs::update_status", Promise::Once, at_work, async |db, (job, worker)| {
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
        lossy_world
            .lose("Jobs::complete", Promise::Once, at_work, async |db, (job, worker)| {
                db.jobs().complete(*job, *worker, outcome, &result).await
            })
            .await;
    }
    let stuck = async |world: &World| {
        at_work(world).await;
        world.postgres.execute("UPDATE jobs SET updated_at = wh_now() - interval '1 hour'").await;
    };
    lossy_world
        .lose("Jobs::fail_stuck", Promise::NothingLeft("Ok([])"), stuck, async |db, ()| {
            db.jobs().fail_stuck(std::time::Duration::from_mins(10), 10).await
        })
        .await;
}

/// Calls that take the next one, whichever it is, are not sent again by themselves. What they took is not lost: it can be
/// asked for by its id.
async fn taken(lossy_world: &mut LossyWorld) {
    let (world, (_, anvil)) = lossy_world
        .lose("Jobs::assign_next", Promise::Unknown, pending, async |db, (_, worker)| {
            db.jobs().assign_next(*worker).await
        })
        .await;
    assert!(world.db.jobs().claim_next(anvil).await.unwrap().is_some(), "it is the worker's to claim");

    let (world, (job, anvil)) = lossy_world
        .lose("Jobs::claim", Promise::Unknown, assigned, async |db, (job, worker)| {
            db.jobs().claim(*job, *worker).await
        })
        .await;
    let found = world.db.jobs().find_for_worker(job, anvil).await.unwrap().unwrap();
    assert_eq!(found.job.status, JobStatus::Processing);
    assert!(found.payload.expose_secret().contains("hunter2"));

    let (world, (first, anvil)) = lossy_world
        .lose("Jobs::claim_next", Promise::Unknown, assigned, async |db, (_, worker)| {
            db.jobs().claim_next(*worker).await
        })
        .await;
    let found = world.db.jobs().find_for_worker(first, anvil).await.unwrap().unwrap();
    assert_eq!(found.job.status, JobStatus::Processing);
    assert!(found.payload.expose_secret().contains("hunter2"));
}
