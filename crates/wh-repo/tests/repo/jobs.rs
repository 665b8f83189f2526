//! The state machine of a job, and what its end means for the app.

use wh_repo::{Conflict, Error, JobOutcome, NewDomain, Page};
use wh_types::{
    AppStatus, CommitMetadata, DeploymentStatus, JobId, JobResult, JobStatus, JobStatusUpdate, Progress,
    Vocabulary,
};

use crate::support::World;

fn update(job: JobId, status: JobStatus, message: &str, percent: u8) -> JobStatusUpdate {
    JobStatusUpdate {
        job_id: job,
        status,
        message: message.into(),
        progress: Progress::new(percent).unwrap(),
    }
}

fn running_on(port: u16) -> JobResult {
    JobResult {
        container_id: format!("container-{port}"),
        port,
        logs: "built\0 it".into(),
        commit: CommitMetadata { sha: "beefbeef".into(), message: "Newest".into(), author: "Grace".into() },
        error: String::new(),
    }
}

#[tokio::test]
async fn a_deployment_goes_all_the_way_and_the_app_runs() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let made = world.app(&ada, "first-shop").await;

    let assigned = world.db.jobs().assign_next(anvil.id).await.unwrap().unwrap();
    assert_eq!(
        (assigned.id, assigned.status, assigned.worker_id),
        (made.job, JobStatus::Assigned, Some(anvil.id))
    );
    assert!(assigned.assigned_at.is_some() && assigned.started_at.is_none());
    assert_eq!(world.db.apps().find(made.app).await.unwrap().unwrap().worker_id, Some(anvil.id));

    let claimed = world.db.jobs().claim_next(anvil.id).await.unwrap().unwrap().job;
    assert_eq!((claimed.id, claimed.status), (made.job, JobStatus::Processing));
    assert_eq!(world.db.apps().find(made.app).await.unwrap().unwrap().status, AppStatus::Deploying);
    let building = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!((building.status, building.worker_id), (DeploymentStatus::Building, Some(anvil.id)));

    let half = update(made.job, JobStatus::Processing, "compiling", 50);
    let reported = world.db.jobs().update_status(anvil.id, &half).await.unwrap().job;
    assert_eq!((reported.progress, reported.message.as_str()), (50, "compiling"));
    assert_eq!(reported.started_at, claimed.started_at, "set once");

    let done = world
        .db
        .jobs()
        .complete(made.job, anvil.id, JobOutcome::Completed, &running_on(30_001))
        .await
        .unwrap()
        .job;
    assert_eq!((done.status, done.progress), (JobStatus::Completed, 100));
    let app = world.db.apps().find(made.app).await.unwrap().unwrap();
    assert_eq!(
        (app.status, app.port, app.container_id.as_str()),
        (AppStatus::Running, 30_001, "container-30001")
    );
    assert_eq!(app.commit_sha, "beefbeef");
    let deployment = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Succeeded);
    assert_eq!((deployment.build_logs.as_str(), deployment.commit_author.as_str()), ("built it", "Grace"));
    assert!(deployment.finished_at >= deployment.started_at);
    assert_eq!(world.db.jobs().find_active(made.app).await.unwrap(), None);
}

#[tokio::test]
async fn a_failure_is_recorded_where_the_user_looks_for_it() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let result =
        JobResult { error: "npm: exit 1".into(), logs: "…\nnpm ERR!".into(), ..Default::default() };

    world.db.jobs().complete(job.id, anvil.id, JobOutcome::Failed, &result).await.unwrap();

    assert_eq!(world.db.apps().find(job.app_id).await.unwrap().unwrap().status, AppStatus::Failed);
    let deployment = world.db.deployments().find(job.deployment_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Failed);
    assert_eq!(deployment.error_message, "npm: exit 1");
    assert_eq!(deployment.commit_sha, "c0ffee", "what was known of the commit stays");
}

#[tokio::test]
async fn a_report_may_arrive_twice_but_not_contradict_itself() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job.id;
    let complete =
        async |outcome, result: &JobResult| world.db.jobs().complete(job, anvil.id, outcome, result).await;

    let first = complete(JobOutcome::Completed, &running_on(30_001)).await.unwrap();
    let again = complete(JobOutcome::Completed, &running_on(30_001)).await.unwrap();
    assert_eq!((first.fresh, again.fresh, &again.job), (true, false, &first.job));

    for (outcome, result) in
        [(JobOutcome::Failed, running_on(30_001)), (JobOutcome::Completed, running_on(30_002))]
    {
        let refusal = complete(outcome, &result).await.unwrap_err();
        assert!(matches!(refusal, Error::Conflict(Conflict::ContradictingResult { .. })), "{refusal}");
    }
    assert_eq!(world.db.jobs().find(job).await.unwrap().unwrap(), first.job);
}

#[tokio::test]
async fn every_step_that_the_machine_does_not_have_names_both_states() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    for (n, from) in JobStatus::ALL.iter().enumerate() {
        for (m, to) in JobStatus::ALL.iter().enumerate() {
            let made = world.app(&ada, &format!("shop-{n}-to-{m}")).await;
            let bring = format!(
                "UPDATE jobs SET status = '{from}', worker_id = {} WHERE id = {}",
                anvil.id, made.job
            );
            world.raw(&bring).await;
            let outcome = world.db.jobs().update_status(anvil.id, &update(made.job, *to, "", 0)).await;
            match outcome {
                Ok(step) => {
                    let job = step.job;
                    assert_eq!(step.fresh, from != to, "{from} to {to}");
                    assert!(from.can_become(*to) || from == to, "{from} became {to}");
                    assert_eq!(job.status, *to);
                    assert_eq!(job.started_at.is_some(), *to == JobStatus::Processing, "{from} to {to}");
                }
                Err(Error::Conflict(Conflict::IllegalStep { from: said, to: asked, .. })) => {
                    assert!(!from.can_become(*to) && from != to, "{from} to {to} was refused");
                    assert_eq!((said, asked), (*from, *to));
                }
                Err(error) => unreachable!("{from} to {to}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn progress_never_goes_back_and_a_late_report_changes_nothing() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job.id;
    for (percent, kept) in [(70, 70), (30, 70)] {
        let report = update(job, JobStatus::Processing, "…", percent);
        assert_eq!(world.db.jobs().update_status(anvil.id, &report).await.unwrap().job.progress, kept);
    }
    world.db.jobs().complete(job, anvil.id, JobOutcome::Completed, &running_on(1)).await.unwrap();
    let late = world.db.jobs().update_status(anvil.id, &update(job, JobStatus::Processing, "late", 80)).await;
    assert_eq!(late.unwrap_err().to_string(), format!("job {job} is completed and cannot become processing"));
}

#[tokio::test]
async fn another_workers_job_is_as_good_as_none() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job.id;

    assert!(world.db.jobs().find_for_worker(job, hammer.id).await.unwrap().is_none());
    for refusal in [
        world.db.jobs().claim(job, hammer.id).await.err(),
        world.db.jobs().update_status(hammer.id, &update(job, JobStatus::Failed, "", 0)).await.err(),
        world.db.jobs().complete(job, hammer.id, JobOutcome::Failed, &JobResult::default()).await.err(),
    ] {
        assert_eq!(refusal.unwrap().to_string(), "no such job");
    }
}

#[tokio::test]
async fn assigning_again_changes_nothing_and_elsewhere_is_refused() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let made = world.app(&ada, "first-shop").await;

    let nobody = world.db.jobs().assign(made.job, wh_types::WorkerId::new(0)).await.unwrap_err();
    assert_eq!(nobody.to_string(), "no such worker");
    let first = world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    let again = world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    assert_eq!((first.fresh, again.fresh, again.job), (true, false, first.job));
    let refusal = world.db.jobs().assign(made.job, hammer.id).await.unwrap_err();
    assert_eq!(refusal.to_string(), format!("job {} is assigned and cannot become assigned", made.job));
    assert_eq!(world.db.jobs().assign(JobId::new(0), anvil.id).await.unwrap_err().to_string(), "no such job");
    assert_eq!(world.db.jobs().assign_next(hammer.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_is_cancelled_before_a_worker_begins_and_not_after() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let waiting = world.app(&ada, "first-shop").await;
    let cancelled = world.db.jobs().cancel(waiting.job).await.unwrap();
    assert_eq!((cancelled.job.status, cancelled.fresh), (JobStatus::Cancelled, true));
    let again = world.db.jobs().cancel(waiting.job).await.unwrap();
    assert_eq!((again.job, again.fresh), (cancelled.job, false));
    let deployment = world.db.deployments().find(waiting.deployment).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Cancelled);

    let begun = world.app_at_work(&ada, "second-shop", &anvil).await.job;
    let refusal = world.db.jobs().cancel(begun.id).await.unwrap_err();
    assert!(
        matches!(refusal, Error::Conflict(Conflict::IllegalStep { from: JobStatus::Processing, .. })),
        "{refusal}"
    );
    let jobs = world.db.jobs().list_for_app(begun.app_id, Page::default()).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [begun.id]);
}

#[tokio::test]
async fn a_deleted_app_leaves_nothing_behind() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let anvil = world.worker("anvil").await;
    for by_result in [true, false] {
        let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
        let (user, hostname) = (ada.id, "shop.acme.dev".parse().unwrap());
        let domain = NewDomain { user, app, hostname, verification_token: "t".into() };
        world.db.domains().create(&domain).await.unwrap();
        let job = world.db.jobs().delete(app).await.unwrap().job.id;
        world.db.jobs().claim(job, anvil.id).await.unwrap();
        if by_result {
            world
                .db
                .jobs()
                .complete(job, anvil.id, JobOutcome::Completed, &JobResult::default())
                .await
                .unwrap();
        } else {
            world
                .db
                .jobs()
                .update_status(anvil.id, &update(job, JobStatus::Completed, "", 100))
                .await
                .unwrap();
        }
        let gone = world.db.apps().find(app).await.unwrap().unwrap();
        assert!(gone.status == AppStatus::Deleted && gone.deleted_at.is_some());
        assert_eq!((gone.port, gone.container_id.as_str()), (0, ""));
        assert!(world.db.env_vars().list(app).await.unwrap().is_empty());
        assert_eq!(world.raw("SELECT count(*) FROM domains").await, "0");
        assert_eq!(world.raw("SELECT count(*) FROM jobs WHERE payload <> ''").await, "0");
    }
}

#[tokio::test]
async fn a_word_that_no_version_knows_is_corrupt_and_names_the_right_ones() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let job = world.app(&ada, "first-shop").await.job;
    world.raw("ALTER TABLE jobs DROP CONSTRAINT jobs_status_check").await;
    world.raw("UPDATE jobs SET status = 'done'").await;
    let error = world.db.jobs().find(job).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { table: "jobs", .. }), "{error}");
    assert!(error.to_string().contains("\"done\" is not a job status: expected one of pending"), "{error}");
}

#[tokio::test]
async fn a_job_that_ends_without_a_result_takes_app_and_deployment_along() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    for (n, (to, app_status, deployment_status)) in [
        (JobStatus::Failed, AppStatus::Failed, DeploymentStatus::Failed),
        (JobStatus::Completed, AppStatus::Running, DeploymentStatus::Succeeded),
    ]
    .into_iter()
    .enumerate()
    {
        let job = world.app_at_work(&ada, &format!("shop-number-{n}"), &anvil).await.job;
        world.db.jobs().update_status(anvil.id, &update(job.id, to, "the end", 100)).await.unwrap();
        assert_eq!(world.db.apps().find(job.app_id).await.unwrap().unwrap().status, app_status);
        let deployment = world.db.deployments().find(job.deployment_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(deployment.status, deployment_status);
        assert!(deployment.finished_at.is_some());
        assert_eq!(deployment.error_message == "the end", to == JobStatus::Failed);
    }
}

#[tokio::test]
async fn a_report_of_progress_does_not_write_the_app() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let before = world.db.apps().find(job.app_id).await.unwrap();
    let report = update(job.id, JobStatus::Processing, "building", 50);
    world.db.jobs().update_status(anvil.id, &report).await.unwrap();
    assert_eq!(world.db.apps().find(job.app_id).await.unwrap(), before);
}

#[tokio::test]
async fn an_identity_that_is_too_long_is_refused_and_never_cut() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let complete = async |result: &JobResult| {
        world.db.jobs().complete(job.id, anvil.id, JobOutcome::Completed, result).await
    };
    let long = JobResult { container_id: "c".repeat(129), ..running_on(30_001) };
    insta::assert_snapshot!(complete(&long).await.unwrap_err(), @"container_id is out of bounds: it has 129 characters, at most 128 are allowed");
    let commit = CommitMetadata { sha: "f".repeat(65), ..Default::default() };
    insta::assert_snapshot!(complete(&JobResult { commit, ..running_on(30_001) }).await.unwrap_err(), @"commit_sha is out of bounds: it has 65 characters, at most 64 are allowed");

    // Texts are taken as far as they fit: refused, they would leave the job at work.
    let commit = CommitMetadata { sha: "f".repeat(64), message: "m\0".repeat(99), author: "ä".repeat(600) };
    let widest = JobResult { container_id: "c".repeat(128), commit, ..running_on(30_001) };
    assert!(complete(&widest).await.unwrap().fresh);
    assert!(!complete(&widest).await.unwrap().fresh);
    let app = world.db.apps().find(job.app_id).await.unwrap().unwrap();
    assert_eq!((app.container_id.len(), app.commit_sha.len()), (128, 64));
}
