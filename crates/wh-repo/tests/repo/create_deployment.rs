//! Creating an app with its first deployment.

use futures_util::future::join_all;
use secrecy::ExposeSecret;
use wh_repo::{Conflict, Denied, DeploymentSpec, Error};
use wh_types::{
    AppStatus, DeployPayload, DeploymentStatus, JobStatus, JobType, ResourceLimits, new_app_uuid,
};

use crate::support::{World, key, spec};

fn is_limit(outcome: &Result<wh_repo::CreatedDeployment, Error>) -> bool {
    matches!(outcome, Err(Error::Denied(Denied::AppLimit { .. })))
}

#[tokio::test]
async fn everything_is_there_at_once() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let worker = world.worker("anvil").await;
    let spec = spec(&ada, "first-shop");

    let made = world.db.deployments().create(&spec).await.unwrap();

    assert!(made.fresh);
    let app = world.db.apps().find(made.app).await.unwrap().unwrap();
    assert_eq!((app.uuid, app.user_id, app.status), (spec.app_uuid, ada.id, AppStatus::Pending));
    let given = (app.cpu_limit, app.memory_limit_mib, app.disk_limit_mib, app.bandwidth_limit);
    assert_eq!(given, (1000, 512, 1024, 10_000), "the free plan's limits");
    let deployment = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!(
        (deployment.status, deployment.commit_message.as_str()),
        (DeploymentStatus::Pending, "Sell more")
    );
    let job = world.db.jobs().find(made.job).await.unwrap().unwrap();
    assert_eq!(
        (job.job_type, job.status, job.deployment_id),
        (JobType::Deploy, JobStatus::Pending, Some(made.deployment))
    );
    assert_eq!(world.db.jobs().find_active(made.app).await.unwrap().unwrap().id, made.job);

    world.db.jobs().assign(made.job, worker.id).await.unwrap();
    let handed = world.db.jobs().find_for_worker(made.job, worker.id).await.unwrap().unwrap();
    let payload = DeployPayload::from_json(&handed.payload).unwrap();
    assert_eq!((payload.app_uuid, payload.port, payload.limits.memory_mib), (spec.app_uuid, 8080, 512));
    assert_eq!(payload.env[&key("TOKEN")].expose_secret(), "hunter2 läuft");
}

#[tokio::test]
async fn no_secret_is_readable_in_the_database() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let mut spec = spec(&ada, "first-shop");
    spec.source.git_token = Some("ghp_token".into());
    world.db.deployments().create(&spec).await.unwrap();
    let rows = world
        .raw("SELECT string_agg(t::text, ' ') FROM (SELECT j::text FROM jobs j UNION ALL SELECT e::text FROM app_env_vars e \
              UNION ALL SELECT a::text FROM apps a UNION ALL SELECT d::text FROM deployments d) t")
        .await;
    assert!(rows.contains("v1:") && rows.contains("first-shop"), "{rows}");
    assert!(!rows.contains("hunter2") && !rows.contains("ghp_token"), "{rows}");
    assert!(!format!("{spec:?}").contains("hunter2") && !format!("{spec:?}").contains("ghp_token"));
}

#[tokio::test]
async fn the_same_uuid_again_gives_what_the_first_call_made() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let spec = spec(&ada, "first-shop");
    let first = world.db.deployments().create(&spec).await.unwrap();
    let again = world.db.deployments().create(&spec).await.unwrap();
    assert_eq!(again, wh_repo::CreatedDeployment { fresh: false, ..first });

    let racers = join_all((0..16).map(|_| world.db.deployments().create(&spec))).await;
    assert!(racers.into_iter().all(|outcome| outcome.unwrap() == again));
    assert_eq!(world.raw("SELECT count(*) FROM jobs").await, "1");
}

#[tokio::test]
async fn a_uuid_of_another_app_is_taken() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let first = spec(&ada, "first-shop");
    world.db.deployments().create(&first).await.unwrap();
    for stolen in [
        DeploymentSpec { app_uuid: first.app_uuid, ..spec(&eve, "other-shop") },
        DeploymentSpec { app_uuid: first.app_uuid, ..spec(&ada, "other-shop") },
    ] {
        let refusal = world.db.deployments().create(&stolen).await.unwrap_err();
        assert!(matches!(refusal, Error::Conflict(Conflict::Taken { field: "UUID", .. })), "{refusal}");
    }
}

#[tokio::test]
async fn a_taken_name_and_a_taken_subdomain_are_told_apart() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    world.app(&ada, "first-shop").await;

    let name = world.db.deployments().create(&spec(&ada, "first-shop")).await.unwrap_err();
    assert!(matches!(name, Error::Conflict(Conflict::Taken { field: "name", .. })), "{name}");
    let subdomain = world.db.deployments().create(&spec(&eve, "first-shop")).await.unwrap_err();
    assert!(matches!(subdomain, Error::Conflict(Conflict::Taken { field: "subdomain", .. })), "{subdomain}");

    let elsewhere = DeploymentSpec { subdomain: "eves-shop".parse().unwrap(), ..spec(&eve, "first-shop") };
    world.db.deployments().create(&elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing_behind_and_the_transaction_usable() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    world.app(&ada, "first-shop").await;
    let made = world
        .db
        .transaction(async |tx| {
            let refusal = tx.deployments().create(&spec(&ada, "first-shop")).await.unwrap_err();
            assert!(matches!(refusal, Error::Conflict(Conflict::Taken { field: "name", .. })), "{refusal}");
            tx.deployments().create(&spec(&ada, "second-shop")).await
        })
        .await
        .unwrap();
    assert_eq!(world.db.apps().find(made.app).await.unwrap().unwrap().name, "second-shop");
    assert_eq!(world.raw("SELECT count(*) FROM app_env_vars").await, "4");
    assert_eq!(world.raw("SELECT count(*) FROM jobs").await, "2");
}

#[tokio::test]
async fn thirty_two_racing_creations_on_a_plan_of_five_give_five() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let specs: Vec<_> = (0..32).map(|n| spec(&ada, &format!("shop-number-{n}"))).collect();

    let outcomes = join_all(specs.iter().map(|spec| world.db.deployments().create(spec))).await;

    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert_eq!(outcomes.iter().filter(|outcome| is_limit(outcome)).count(), 27, "{outcomes:?}");
    assert_eq!(world.raw("SELECT count(*) FROM apps").await, "5");
}

#[tokio::test]
async fn racing_users_share_one_subdomain_with_one_winner() {
    let world = World::with_connections(16).await;
    let mut specs = Vec::new();
    for n in 0..16 {
        let user = world.user(&format!("user{n}"), "pro").await;
        specs.push(spec(&user, "the-one-shop"));
    }
    let outcomes = join_all(specs.iter().map(|spec| world.db.deployments().create(spec))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refusal, Error::Conflict(Conflict::Taken { field: "subdomain", .. })), "{refusal}");
    }
}

#[tokio::test]
async fn the_plan_is_the_users_and_a_larger_one_helps_at_once() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    world.app(&ada, "first-shop").await;
    let refusal = world.db.deployments().create(&spec(&ada, "second-shop")).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the free plan allows 1 app(s), and all are in use: delete one, or choose a larger plan"
    );
    let ada = world.user("ada", "business").await;
    for n in 0..8 {
        world.app(&ada, &format!("shop-number-{n}")).await;
    }
}

#[tokio::test]
async fn more_than_the_plan_gives_is_denied_and_less_is_kept() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let greedy =
        ResourceLimits { cpu_milli: 500, memory_mib: 4096, disk_mib: 512, pids: 64, bandwidth_kbit: 1000 };
    let refusal = world
        .db
        .deployments()
        .create(&DeploymentSpec { limits: Some(greedy), ..spec(&ada, "first-shop") })
        .await;
    assert!(matches!(&refusal, Err(Error::Denied(Denied::OverPlan(_)))), "{refusal:?}");

    let modest = ResourceLimits { memory_mib: 256, ..greedy };
    let made = world
        .db
        .deployments()
        .create(&DeploymentSpec { limits: Some(modest), ..spec(&ada, "first-shop") })
        .await
        .unwrap();
    let app = world.db.apps().find(made.app).await.unwrap().unwrap();
    assert_eq!((app.cpu_limit, app.memory_limit_mib, app.pids_limit), (500, 256, 64));
}

#[tokio::test]
async fn a_user_who_is_gone_or_switched_off_creates_nothing() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    world.raw("UPDATE users SET is_active = false").await;
    let refusal = world.db.deployments().create(&spec(&ada, "first-shop")).await.unwrap_err();
    assert!(matches!(refusal, Error::Denied(Denied::Deactivated)), "{refusal}");

    world.raw("DELETE FROM users").await;
    let refusal = world.db.deployments().create(&spec(&ada, "first-shop")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such user");
}

#[tokio::test]
async fn build_logs_are_taken_from_the_deployments_worker_only() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();

    world.db.deployments().set_build_logs(made.deployment, anvil.id, "line\0 one").await.unwrap();
    let refusal =
        world.db.deployments().set_build_logs(made.deployment, hammer.id, "forged").await.unwrap_err();

    assert_eq!(refusal.to_string(), "no such deployment");
    let found = world.db.deployments().find(made.deployment).await.unwrap().unwrap();
    assert_eq!(found.build_logs, "line one");
    let listed = world.db.deployments().list(made.app, wh_repo::Page::default()).await.unwrap();
    assert_eq!(
        listed,
        [wh_repo::rows::Deployment { build_logs: String::new(), ..found }],
        "lists leave logs out"
    );
}

#[tokio::test]
async fn a_new_uuid_is_never_drawn_twice() {
    let drawn: std::collections::BTreeSet<_> = (0..1000).map(|_| new_app_uuid()).collect();
    assert_eq!(drawn.len(), 1000);
}

/// Makes one field of a source too long or too short.
type Break = fn(&mut wh_repo::Source);

#[tokio::test]
async fn a_spec_that_does_not_fit_is_refused_before_it_reaches_the_database() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let broken: [(Break, &str); 4] = [
        (
            |source| source.branch.clear(),
            "branch is out of bounds: it has 0 characters, 1 to 255 are allowed",
        ),
        (
            |source| source.repo_url = "x".repeat(2049),
            "repo_url is out of bounds: it has 2049 characters, 1 to 2048 are allowed",
        ),
        (
            |source| source.commit.sha = "f".repeat(65),
            "commit_sha is out of bounds: it has 65 characters, 0 to 64 are allowed",
        ),
        (
            |source| source.build_command.push('\0'),
            "build_command is out of bounds: it holds a NUL character, which Postgres cannot store",
        ),
    ];
    world
        .db
        .transaction(async |tx| {
            for (break_it, message) in broken {
                let mut spec = spec(&ada, "first-shop");
                break_it(&mut spec.source);
                assert_eq!(tx.deployments().create(&spec).await.unwrap_err().to_string(), message);
            }
            tx.deployments().create(&spec(&ada, "first-shop")).await
        })
        .await
        .unwrap();
}
