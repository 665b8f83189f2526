//! What happens to apps beside their jobs: changes, violations, deletion.

use futures_util::future::join_all;
use wh_repo::{AppChanges, Conflict, Denied, DeploymentSpec, Error, Page};
use wh_types::{AppId, AppStatus, DeploymentStatus, JobStatus, ResourceLimits};

use crate::support::{World, commit, key, spec};

#[tokio::test]
async fn changes_touch_what_they_name_and_nothing_else() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let id = world.app(&ada, "first-shop").await.app;
    let before = world.db.apps().find(id).await.unwrap().unwrap();

    let limits = ResourceLimits { memory_mib: 256, ..Default::default() };
    let changes =
        AppChanges { branch: Some("next".into()), build_command: Some(String::new()), ..Default::default() };
    let after = world.db.apps().update_spec(id, &changes).await.unwrap();

    assert_eq!((after.branch.as_str(), after.build_command.as_str()), ("next", ""));
    assert_eq!((&after.repo_url, after.memory_limit_mib), (&before.repo_url, 512));
    assert!(after.updated_at > before.updated_at);

    let over = ResourceLimits { memory_mib: 100_000, ..limits };
    let refusal =
        world.db.apps().update_spec(id, &AppChanges { limits: Some(over), ..Default::default() }).await;
    assert!(matches!(refusal, Err(Error::Denied(Denied::OverPlan(_)))), "{refusal:?}");
    let empty = AppChanges { branch: Some(String::new()), ..Default::default() };
    assert!(matches!(world.db.apps().update_spec(id, &empty).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_repository_url_with_a_password_or_a_token_is_refused_and_never_shown() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let id = world.app(&ada, "first-shop").await.app;
    for url in [
        "https://ghp_hunter2@github.com/a/b",
        "https://me:hunter2@git.acme.dev/b",
        "https://a.b/c?private_token=hunter2",
    ] {
        let changes = AppChanges { repo_url: Some(url.to_owned()), ..Default::default() };
        let mut new = spec(&ada, "second-shop");
        new.source.repo_url = url.to_owned();
        let refusals = [
            world.db.apps().update_spec(id, &changes).await.unwrap_err(),
            world.db.deployments().create(&new).await.unwrap_err(),
        ];
        for refusal in refusals {
            insta::allow_duplicates! {
                insta::assert_snapshot!(refusal, @"repo_url is out of bounds: it holds a password or a token, which would be stored and shown in clear: link the Git account, or pass the token as git_token");
            }
        }
        let shown = format!("{new:?} {changes:?}");
        assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
    }
}

#[tokio::test]
async fn an_app_of_another_user_is_as_good_as_none() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let id = world.app(&ada, "first-shop").await.app;
    assert_eq!(world.db.apps().find_for_user(id, ada.id).await.unwrap().unwrap().id, id);
    assert_eq!(world.db.apps().find_for_user(id, eve.id).await.unwrap(), None);
}

#[tokio::test]
async fn an_app_without_limits_gets_the_smaller_of_plan_and_configuration() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada", "free").await, world.user("bob", "business").await);
    let limits = async |app| {
        let app = world.db.apps().find(app).await.unwrap().unwrap();
        let [cpu, memory, disk] = [app.cpu_limit, app.memory_limit_mib, app.disk_limit_mib];
        (cpu, memory, disk, app.bandwidth_limit, app.pids_limit)
    };
    let plain = world.app(&ada, "first-shop").await.app;
    assert_eq!(
        limits(plain).await,
        (1000, 512, 1024, 10_000, 256),
        "the plan's, and never endless processes"
    );

    let small =
        ResourceLimits { cpu_milli: 300, memory_mib: 1 << 20, disk_mib: 0, bandwidth_kbit: 77, pids: 99 };
    let db = world.db.clone().with_default_limits(small);
    let made = db.deployments().create(&spec(&bob, "second-shop")).await.unwrap();
    assert_eq!(limits(made.app).await, (300, 8192, 51_200, 77, 99));
    let asked =
        DeploymentSpec { limits: Some(ResourceLimits { pids: 7, ..small }), ..spec(&bob, "third-shop") };
    assert!(matches!(db.deployments().create(&asked).await, Err(Error::Denied(Denied::OverPlan(_)))));
}

#[tokio::test]
async fn the_hook_and_automatic_deployment_are_kept() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let id = world.app(&ada, "first-shop").await.app;
    world.db.apps().set_webhook_id(id, Some("4711")).await.unwrap();
    world.db.apps().set_auto_deploy(id, false).await.unwrap();
    let app = world.db.apps().find(id).await.unwrap().unwrap();
    assert_eq!((app.webhook_id.as_deref(), app.auto_deploy), (Some("4711"), false));
    world.db.apps().set_webhook_id(id, None).await.unwrap();
    assert_eq!(world.db.apps().find(id).await.unwrap().unwrap().webhook_id, None);
    assert!(matches!(world.db.apps().set_webhook_id(id, Some("")).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_violation_keeps_its_reason_however_long() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let id = world.app(&ada, "first-shop").await.app;
    world.db.apps().mark_violated(id, &format!("\0{}", "🦀".repeat(5000))).await.unwrap();
    let app = world.db.apps().find(id).await.unwrap().unwrap();
    assert_eq!((app.status, app.violation_reason.chars().count()), (AppStatus::Violated, 4096));
}

#[tokio::test]
async fn a_deleted_app_keeps_its_row_and_frees_its_names() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let made = world.app(&ada, "first-shop").await;
    world.db.apps().mark_deleted(made.app).await.unwrap();
    let gone = world.db.apps().find(made.app).await.unwrap().unwrap();
    assert!(gone.status == AppStatus::Deleted && gone.deleted_at.is_some());
    world.db.apps().mark_deleted(made.app).await.unwrap();
    assert_eq!(
        world.db.apps().find(made.app).await.unwrap().unwrap(),
        gone,
        "the second time changes nothing"
    );
    assert_eq!(world.db.jobs().find(made.job).await.unwrap().unwrap().status, JobStatus::Pending);
    world.app(&ada, "first-shop").await;

    for refusal in [
        world.db.apps().update_spec(made.app, &AppChanges::default()).await.err(),
        world.db.apps().set_auto_deploy(made.app, true).await.err(),
        world.db.apps().set_webhook_id(made.app, None).await.err(),
        world.db.apps().mark_violated(made.app, "late").await.err(),
        world.db.apps().mark_deleted(AppId::new(0)).await.err(),
        world.db.apps().hard_delete(AppId::new(0)).await.err(),
    ] {
        assert_eq!(refusal.unwrap().to_string(), "no such app");
    }
}

#[tokio::test]
async fn deleting_for_good_cancels_what_waits_and_leaves_what_is_at_work() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let waiting = world.app(&ada, "first-shop").await;
    let working = world.app_at_work(&ada, "second-shop", &anvil).await.job;
    for app in [waiting.app, working.app_id, waiting.app] {
        world.db.apps().hard_delete(app).await.unwrap();
    }

    let job = world.db.jobs().find(waiting.job).await.unwrap().unwrap();
    assert!(job.status == JobStatus::Cancelled && job.completed_at.is_some());
    let deployment = world.db.deployments().find(waiting.deployment).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Cancelled);
    assert!(world.db.env_vars().list(waiting.app).await.unwrap().is_empty());
    assert_eq!(world.db.jobs().find(working.id).await.unwrap().unwrap().status, JobStatus::Processing);
    assert_eq!(world.db.apps().list(ada.id, Page::default()).await.unwrap(), []);
    assert_eq!(
        world.db.env_vars().set(waiting.app, &key("A"), &"b".into()).await.unwrap_err().to_string(),
        "no such app"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_leaves_no_job_behind_whoever_makes_one_meanwhile() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "business").await;
    for round in 0..8 {
        let made = world.app(&ada, &format!("shop-number-{round}")).await;
        world.db.jobs().cancel(made.job).await.unwrap();
        let beef = commit("beef");
        let deploy = join_all((0..15).map(|_| world.db.deployments().redeploy(made.app, &beef)));
        let (outcomes, deleted) = tokio::join!(deploy, world.db.apps().hard_delete(made.app));
        deleted.unwrap();
        for outcome in outcomes {
            match outcome {
                Ok(_)
                | Err(Error::NotFound { entity: "app" } | Error::Conflict(Conflict::ActiveJob { .. })) => {}
                Err(error) => unreachable!("{error}"),
            }
        }
        assert_eq!(world.db.jobs().find_active(made.app).await.unwrap(), None);
        assert_eq!(world.db.apps().find(made.app).await.unwrap().unwrap().status, AppStatus::Deleted);
    }
}

#[tokio::test]
async fn a_worker_sees_its_own_living_apps_and_a_proxy_those_that_can_be_reached() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let mut ids = Vec::new();
    for name in ["first-shop", "second-shop", "third-shop", "fourth-shop"] {
        ids.push(world.app_at_work(&ada, name, &anvil).await.job.app_id);
    }
    world.app_at_work(&ada, "elsewhere", &hammer).await;
    world.db.workers().mark_online(anvil.id).await.unwrap();
    let run = "status = 'running', container_id = 'c', port = 30000 + id";
    world.raw(&format!("UPDATE apps SET {run} WHERE id IN ({}, {})", ids[0], ids[3])).await;
    world.raw(&format!("UPDATE apps SET status = 'running' WHERE id = {}", ids[1])).await;
    world.db.apps().mark_deleted(ids[3]).await.unwrap();

    let page = Page::default();
    let living: Vec<_> =
        world.db.apps().list_by_worker(anvil.id, page).await.unwrap().iter().map(|app| app.id).collect();
    assert_eq!(living, [ids[2], ids[1], ids[0]]);
    let reached = world.db.apps().list_running_for_worker(anvil.id, page).await.unwrap();
    assert_eq!(reached.iter().map(|app| app.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!(world.db.apps().list_running_for_worker(anvil.id, page.before(ids[0])).await.unwrap(), []);
}
