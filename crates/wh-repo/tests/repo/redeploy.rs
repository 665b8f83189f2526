//! Jobs that are made for one worker: another deployment, a start, a stop.

use futures_util::future::join_all;
use secrecy::ExposeSecret;
use wh_repo::{AppChanges, Conflict, Error, Page};
use wh_types::{
    AppId, AppStatus, DeployPayload, DeploymentStatus, GitProvider, JobStatus, JobType, ResourceLimits,
    WorkerId,
};

use crate::support::{World, commit, key};

#[tokio::test]
async fn a_redeployment_is_the_workers_at_once_and_shows_its_commit_before_it_begins() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let busy = world.app(&ada, "second-shop").await.app;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let redeploy = async |app, sha: &str| world.db.deployments().redeploy(app, &commit(sha)).await;

    let refusal = redeploy(busy, "beefbeef").await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::ActiveJob { app }) if app == busy), "{refusal}");

    let made = redeploy(app, "beefbeef").await.unwrap();
    assert!(made.fresh);
    let again = redeploy(app, "beefbeef").await.unwrap();
    assert_eq!((again.job, again.deployment, again.fresh), (made.job, made.deployment, false));
    assert!(matches!(redeploy(app, "c0ffee").await, Err(Error::Conflict(Conflict::ActiveJob { .. }))));

    let deployment = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!((deployment.status, deployment.worker_id), (DeploymentStatus::Pending, Some(anvil.id)));
    assert_eq!(
        (deployment.commit_sha.as_str(), deployment.branch.as_str(), deployment.commit_author.as_str()),
        ("beefbeef", "main", "Grace")
    );
    assert_eq!(world.db.apps().find(app).await.unwrap().unwrap().status, AppStatus::Deploying);
    let claimed = world.db.jobs().claim_next(anvil.id).await.unwrap().unwrap();
    assert_eq!((claimed.job.id, claimed.job.job_type), (made.job, JobType::Restart));
    assert_eq!(claimed.job.app_was, Some(AppStatus::Running));
    assert!(!world.raw("SELECT string_agg(payload, ' ') FROM jobs").await.contains("beefbeef"));
}

#[tokio::test]
async fn a_redeployment_is_made_of_the_apps_row_its_environment_and_its_token() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    world.db.env_vars().set(app, &key("ADDED"), &"since".into()).await.unwrap();
    world.db.git_tokens().upsert(ada.id, GitProvider::GitHub, "ada", &"gho_token".into()).await.unwrap();
    world.db.git_tokens().upsert(ada.id, GitProvider::GitLab, "ada", &"another".into()).await.unwrap();
    let limits =
        ResourceLimits { cpu_milli: 500, memory_mib: 256, disk_mib: 512, bandwidth_kbit: 1000, pids: 64 };
    let changes = AppChanges {
        repo_url: Some("https://github.com/acme/other".into()),
        branch: Some("next".into()),
        root_dir: Some("web".into()),
        build_command: Some("make all".into()),
        start_command: Some("./run".into()),
        container_port: Some(9090),
        limits: Some(limits),
        ..Default::default()
    };
    let row = world.db.apps().update_spec(app, &changes).await.unwrap();

    let made = world.db.deployments().redeploy(app, &commit("beef")).await.unwrap();
    let job = world.db.jobs().find_for_worker(made.job, anvil.id).await.unwrap().unwrap();
    let payload = DeployPayload::from_json(&job.payload).unwrap();
    assert_eq!((payload.app_uuid, payload.app_name.as_str()), (row.uuid, "first-shop"));
    assert_eq!(payload.git_provider, Some(GitProvider::GitHub));
    assert_eq!(
        (payload.repo_url.as_str(), payload.branch.as_str()),
        ("https://github.com/acme/other", "next")
    );
    assert_eq!((payload.root_dir.as_str(), payload.commit_sha.as_str()), ("web", "beef"));
    assert_eq!((payload.build_command.as_str(), payload.start_command.as_str()), ("make all", "./run"));
    assert_eq!((payload.port, payload.limits, payload.container_id.as_str()), (9090, limits, ""));
    let env: Vec<_> = payload.env.iter().map(|(key, value)| (key.as_str(), value.expose_secret())).collect();
    assert_eq!(env, [("ADDED", "since"), ("EMPTY", ""), ("TOKEN", "hunter2 läuft")]);
    assert_eq!(payload.git_token.unwrap().expose_secret(), "gho_token");
}

#[tokio::test]
async fn a_start_carries_the_environment_and_a_stop_and_a_delete_only_name_the_container() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    for (wish, secrets) in [("start", true), ("stop", false), ("delete", false)] {
        let jobs = world.db.jobs();
        let made = match wish {
            "start" => jobs.start(app).await,
            "stop" => jobs.stop(app).await,
            _ => jobs.delete(app).await,
        };
        let made = made.unwrap();
        assert_eq!((made.fresh, made.job.status, made.job.deployment_id), (true, JobStatus::Assigned, None));
        assert_eq!((made.job.worker_id, made.job.job_type.to_string().as_str()), (Some(anvil.id), wish));
        let status = world.db.apps().find(app).await.unwrap().unwrap().status;
        assert_eq!(status, if secrets { AppStatus::Deploying } else { AppStatus::Running }, "{wish}");
        let next = world.db.jobs().next_assigned(anvil.id).await.unwrap().unwrap();
        let payload = DeployPayload::from_json(&next.payload).unwrap();
        assert_eq!((payload.container_id.as_str(), payload.port), ("container-30001", 8080));
        assert_eq!(payload.env.is_empty(), !secrets, "{wish}");
        world.db.jobs().cancel(made.job.id).await.unwrap();
    }
    let stop = world.db.jobs().stop(app).await.unwrap();
    let again = world.db.jobs().stop(app).await.unwrap();
    assert_eq!((again.fresh, again.job), (false, stop.job));
    assert!(matches!(world.db.jobs().start(app).await, Err(Error::Conflict(Conflict::ActiveJob { .. }))));
    assert!(world.db.jobs().next_assigned(WorkerId::new(0)).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_made_for_an_app_that_is_not_there_or_has_no_container_or_no_port() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().cancel(made.job).await.unwrap();
    let refusal = world.db.deployments().redeploy(AppId::new(0), &commit("beef")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such app");
    world
        .db
        .transaction(async |tx| {
            let (jobs, deployments) = (tx.jobs(), tx.deployments());
            for refusal in
                [jobs.start(made.app).await, jobs.stop(made.app).await, jobs.delete(made.app).await]
            {
                let refusal = refusal.unwrap_err();
                assert!(matches!(refusal, Error::Conflict(Conflict::NoContainer { .. })), "{refusal}");
            }
            let long = commit(&"f".repeat(65));
            assert!(matches!(deployments.redeploy(made.app, &long).await, Err(Error::Invalid(_))));
            deployments.redeploy(made.app, &commit("beef")).await
        })
        .await
        .unwrap();

    // No worker ever had it, so that any may.
    let job = world.db.jobs().find_active(made.app).await.unwrap().unwrap();
    assert_eq!((job.status, job.worker_id, job.job_type), (JobStatus::Pending, None, JobType::Restart));
    world.db.jobs().assign(job.id, anvil.id).await.unwrap();
    assert_eq!(world.db.apps().find(made.app).await.unwrap().unwrap().worker_id, Some(anvil.id));
    world.db.jobs().cancel(job.id).await.unwrap();

    world.raw(&format!("UPDATE apps SET container_port = 0 WHERE id = {}", made.app)).await;
    let refusal = world.db.deployments().redeploy(made.app, &commit("beef")).await.unwrap_err();
    insta::assert_snapshot!(refusal, @"container_port is out of bounds: the port that the app listens on is not known: set it with update_spec");

    world.db.apps().mark_deleted(made.app).await.unwrap();
    let refusal = world.db.deployments().redeploy(made.app, &commit("beef")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such app");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_redeployments_make_one_job() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let commits: Vec<_> = (0..64).map(|n| commit(if n % 2 == 0 { "even" } else { "odd" })).collect();
    let outcomes = join_all(commits.iter().map(|commit| world.db.deployments().redeploy(app, commit))).await;

    let jobs: Vec<_> = outcomes.iter().flatten().map(|made| (made.job, made.deployment)).collect();
    assert!(!jobs.is_empty() && jobs.iter().all(|job| *job == jobs[0]), "{jobs:?}");
    assert_eq!(outcomes.iter().flatten().filter(|made| made.fresh).count(), 1);
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refusal, Error::Conflict(Conflict::ActiveJob { .. })), "{refusal}");
    }
    assert_eq!(world.raw("SELECT count(*) FROM deployments").await, "2");
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
