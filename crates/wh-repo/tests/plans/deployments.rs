//! Deployments, and the creation of apps.

use std::collections::BTreeMap;

use wh_repo::{DeploymentSpec, Page, Redeployment, Source};
use wh_types::{
    AppName, CommitMetadata, DeployPayload, DeploymentId, GitProvider, ResourceLimits, new_app_uuid,
};

use crate::accounts::USER;
use crate::apps::{APP, BUSY};
use crate::desk::Desk;
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

fn redeployment() -> Redeployment {
    Redeployment {
        app: APP,
        worker: WORKER,
        payload: DeployPayload {
            app_uuid: uuid::Uuid::nil(),
            app_name: "first-shop".parse().unwrap(),
            git_provider: None,
            repo_url: String::new(),
            branch: String::new(),
            commit_sha: String::new(),
            root_dir: String::new(),
            build_command: String::new(),
            start_command: String::new(),
            port: 0,
            env: BTreeMap::new(),
            git_token: None,
            limits: ResourceLimits::default(),
        },
        branch: "main".into(),
        commit: CommitMetadata::default(),
    }
}

pub(crate) async fn see(desk: &mut Desk) {
    let id = DeploymentId::new(4242);
    let page = Page::default();
    desk.see("Deployments::find", async |tx| tx.deployments().find(id).await).await;
    for app in [APP, BUSY] {
        desk.see("Deployments::list", async |tx| tx.deployments().list(app, page).await).await;
        desk.see("Deployments::latest_build_logs", async |tx| tx.deployments().latest_build_logs(app).await)
            .await;
    }
    desk.see("Deployments::list_recent_for_user", async |tx| {
        tx.deployments().list_recent_for_user(USER, page).await
    })
    .await;
    desk.see("Deployments::set_build_logs", async |tx| {
        tx.deployments().set_build_logs(id, WORKER, "built").await
    })
    .await;
    // The plan must leave room for one more app.
    let spec = spec();
    // It counts the owner's apps.
    let counted = Allowance::rows(20);
    desk.see_with("Deployments::create", counted, async |tx| {
        tx.users().set_plan(USER, &"business".parse().unwrap()).await?;
        tx.deployments().create(&spec).await?;
        // Once more: what is there is found.
        tx.deployments().create(&spec).await.map(drop)
    })
    .await;
    let new = redeployment();
    desk.see("Deployments::redeploy", async |tx| {
        tx.deployments().redeploy(&new).await?;
        tx.deployments().redeploy(&new).await.map(drop)
    })
    .await;
}
