//! Deployments, and the creation of apps.

use std::collections::BTreeMap;

use wh_repo::{DeploymentSpec, Page, Source};
use wh_types::{AppName, CommitMetadata, DeploymentId, GitProvider, new_app_uuid};

use crate::accounts::USER;
use crate::apps::{APP, BUSY};
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;
use crate::workers::WORKER;

fn spec() -> DeploymentSpec {
    let name: AppName = "new-shop".parse().unwrap();
    DeploymentSpec {
        app_uuid: new_app_uuid(),
        user: USER,
        subdomain: (&name).into(),
        name,
        source: Source {
            git_provider: GitProvider::GitHub,
            repo_url: "https://github.com/acme/shop".into(),
            branch: "main".into(),
            commit: CommitMetadata::default(),
            root_dir: String::new(),
            build_command: String::new(),
            start_command: String::new(),
            port: 8080,
            git_token: None,
        },
        limits: None,
        auto_deploy: true,
        env: BTreeMap::from([("TOKEN".parse().unwrap(), "hunter2".into())]),
    }
}

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let id = DeploymentId::new(4242);
    let page = Page::default();
    explained_world.see("Deployments::find", async |tx| tx.deployments().find(id).await).await;
    explained_world
        .see("Deployments::find_for_user", async |tx| {
            let app = tx.deployments().find(id).await?.map_or(APP, |found| found.app_id);
            let user = tx.apps().find(app).await?.map_or(USER, |app| app.user_id);
            tx.deployments().find_for_user(id, user).await
        })
        .await;
    for app in [APP, BUSY] {
        explained_world.see("Deployments::list", async |tx| tx.deployments().list(app, page).await).await;
        explained_world
            .see("Deployments::latest_build_logs", async |tx| tx.deployments().latest_build_logs(app).await)
            .await;
    }
    explained_world
        .see("Deployments::list_recent_for_user", async |tx| {
            tx.deployments().list_recent_for_user(USER, page).await
        })
        .await;
    explained_world
        .see("Deployments::set_build_logs", async |tx| {
            tx.deployments().set_build_logs(id, WORKER, "built").await
        })
        .await;
    // The plan must leave room for one more app.
    let spec = spec();
    // It counts the owner's apps.
    let counted = Allowance::rows(20);
    explained_world
        .see_with("Deployments::create", counted, async |tx| {
            tx.users().set_plan(USER, &"business".parse().unwrap()).await?;
            tx.deployments().create(&spec).await?;
            // Once more: what is there is found.
            tx.deployments().create(&spec).await.map(drop)
        })
        .await;
    let commit = CommitMetadata::default();
    explained_world
        .see("Deployments::redeploy", async |tx| {
            tx.deployments().redeploy(APP, &commit).await?;
            tx.deployments().redeploy(APP, &commit).await.map(drop)
        })
        .await;
}
