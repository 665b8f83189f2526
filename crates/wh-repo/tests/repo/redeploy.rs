//! Jobs that are made for one worker: another deployment, a start, a stop.

use futures_util::future::join_all;
use secrecy::ExposeSecret;
use wh_repo::{Conflict, Error, NewPinnedJob, Page};
use wh_types::{AppId, AppStatus, DeployPayload, DeploymentStatus, JobStatus, JobType, WorkerId};

use crate::support::{World, redeployment};

#[tokio::test]
async fn a_redeployment_is_the_workers_at_once_and_shows_its_commit_before_it_begins() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let first = world.app(&ada, "first-shop").await;
    let new = redeployment(first.app, anvil.id, "beefbeef");

    let refusal = world.db.deployments().redeploy(&new).await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::ActiveJob { app }) if app == first.app), "{refusal}");

    world.db.jobs().cancel(first.job).await.unwrap();
    let made = world.db.deployments().redeploy(&new).await.unwrap();
    assert!(made.fresh);
    let again = world.db.deployments().redeploy(&new).await.unwrap();
    assert_eq!((again.job, again.deployment, again.fresh), (made.job, made.deployment, false));
    let other = redeployment(first.app, anvil.id, "c0ffee");
    assert!(matches!(
        world.db.deployments().redeploy(&other).await,
        Err(Error::Conflict(Conflict::ActiveJob { .. }))
    ));

    let deployment = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!((deployment.status, deployment.worker_id), (DeploymentStatus::Pending, Some(anvil.id)));
    assert_eq!(
        (deployment.commit_sha.as_str(), deployment.branch.as_str(), deployment.commit_author.as_str()),
        ("beefbeef", "next", "Grace")
    );
    assert_eq!(world.db.apps().find(first.app).await.unwrap().unwrap().status, AppStatus::Deploying);
    let claimed = world.db.jobs().claim_next(anvil.id).await.unwrap().unwrap();
    assert_eq!((claimed.job.id, claimed.job.job_type), (made.job, JobType::Restart));
    assert_eq!(DeployPayload::from_json(&claimed.payload).unwrap().commit_sha, "beefbeef");
    assert!(!world.raw("SELECT string_agg(payload, ' ') FROM jobs").await.contains("beefbeef"));
}

#[tokio::test]
async fn nothing_is_made_for_an_app_or_a_worker_that_is_not_there() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().cancel(made.job).await.unwrap();
    let nowhere = redeployment(made.app, WorkerId::new(0), "beef");
    assert_eq!(world.db.deployments().redeploy(&nowhere).await.unwrap_err().to_string(), "no such worker");
    let nothing = redeployment(AppId::new(0), anvil.id, "beef");
    assert_eq!(world.db.deployments().redeploy(&nothing).await.unwrap_err().to_string(), "no such app");
    let long = redeployment(made.app, anvil.id, &"f".repeat(65));
    world
        .db
        .transaction(async |tx| {
            assert!(matches!(tx.deployments().redeploy(&long).await, Err(Error::Invalid(_))));
            tx.deployments().redeploy(&redeployment(made.app, anvil.id, "beef")).await
        })
        .await
        .unwrap();
    world.db.apps().mark_deleted(made.app).await.unwrap();
    let late = redeployment(made.app, anvil.id, "beef");
    assert_eq!(world.db.deployments().redeploy(&late).await.unwrap_err().to_string(), "no such app");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_redeployments_make_one_job() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().cancel(made.job).await.unwrap();
    let news: Vec<_> =
        (0..64).map(|n| redeployment(made.app, anvil.id, if n % 2 == 0 { "even" } else { "odd" })).collect();
    let outcomes = join_all(news.iter().map(|new| world.db.deployments().redeploy(new))).await;

    let jobs: Vec<_> = outcomes.iter().flatten().map(|made| (made.job, made.deployment)).collect();
    assert!(!jobs.is_empty() && jobs.iter().all(|job| *job == jobs[0]), "{jobs:?}");
    assert_eq!(outcomes.iter().flatten().filter(|made| made.fresh).count(), 1);
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refusal, Error::Conflict(Conflict::ActiveJob { .. })), "{refusal}");
    }
    assert_eq!(world.raw("SELECT count(*) FROM deployments").await, "2");
}

#[tokio::test]
async fn a_stop_is_pinned_and_says_what_the_app_is_meanwhile() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let app = world.app(&ada, "first-shop").await;
    world.db.jobs().cancel(app.job).await.unwrap();
    let stop = NewPinnedJob {
        job_type: JobType::Stop,
        app: app.app,
        worker: anvil.id,
        payload: "{\"container\": \"c\"}".into(),
        app_status: AppStatus::Stopped,
    };
    let made = world.db.jobs().create_pinned(&stop).await.unwrap();
    assert_eq!((made.fresh, made.job.status, made.job.deployment_id), (true, JobStatus::Assigned, None));
    let again = world.db.jobs().create_pinned(&stop).await.unwrap();
    assert_eq!((again.fresh, again.job), (false, made.job.clone()));
    assert_eq!(world.db.apps().find(app.app).await.unwrap().unwrap().status, AppStatus::Stopped);

    let start = NewPinnedJob { job_type: JobType::Start, app_status: AppStatus::Deploying, ..stop.clone() };
    assert!(matches!(
        world.db.jobs().create_pinned(&start).await,
        Err(Error::Conflict(Conflict::ActiveJob { .. }))
    ));
    for wrong in [
        NewPinnedJob { job_type: JobType::Deploy, ..stop.clone() },
        NewPinnedJob { app_status: AppStatus::Deleted, ..stop.clone() },
    ] {
        assert!(matches!(world.db.jobs().create_pinned(&wrong).await, Err(Error::Invalid(_))));
    }
    let next = world.db.jobs().next_assigned(anvil.id).await.unwrap().unwrap();
    assert_eq!((next.job.id, next.payload.expose_secret()), (made.job.id, "{\"container\": \"c\"}"));
    assert!(world.db.jobs().next_assigned(WorkerId::new(0)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_look_for_the_next_job_never_share_one() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    for n in 0..8 {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    }
    let takers = (0..64).map(|_| {
        world.db.transaction(async |tx| match tx.jobs().next_assigned(anvil.id).await? {
            Some(next) => tx.jobs().claim(next.job.id, anvil.id).await.map(|taken| Some(taken.job.id)),
            None => Ok(None),
        })
    });
    let mut taken: Vec<_> = join_all(takers).await.into_iter().filter_map(Result::unwrap).collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    assert_eq!((taken.len(), all), (8, 8));
}

#[tokio::test]
async fn what_a_user_deployed_lately_comes_newest_first_and_without_logs() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let anvil = world.worker("anvil").await;
    let first = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let second = world.app(&ada, "second-shop").await;
    let third = world.app(&ada, "third-shop").await;
    world.app(&eve, "eves-shop").await;
    world.db.apps().mark_deleted(second.app).await.unwrap();
    let deployment = first.deployment_id.unwrap();
    world.db.deployments().set_build_logs(deployment, anvil.id, "built").await.unwrap();

    let recent = world.db.deployments().list_recent_for_user(ada.id, Page::default()).await.unwrap();
    let ids: Vec<_> = recent.iter().map(|deployment| deployment.id).collect();
    assert_eq!(ids, [third.deployment, deployment]);
    assert!(recent.iter().all(|deployment| deployment.build_logs.is_empty()));
    let older = Page::of(1).unwrap().before(third.deployment);
    assert_eq!(world.db.deployments().list_recent_for_user(ada.id, older).await.unwrap()[0].id, deployment);

    let logs = async |app| world.db.deployments().latest_build_logs(app).await.unwrap();
    assert_eq!(logs(first.app_id).await.as_deref(), Some("built"));
    assert_eq!(logs(third.app).await.as_deref(), Some(""));
    assert_eq!(logs(AppId::new(0)).await, None);
}
