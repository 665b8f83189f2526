//! Apps: listed, shown, created, changed.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use wh_data::repo::{AppChanges, CreatedDeployment, DeploymentSpec, Result, ShownApp, Source, rows};
use wh_data::secrecy::SecretString;
use wh_data::types::{
    AppId, AppName, AuditKind, CommitMetadata, EnvKey, GitProvider, ResourceLimits, Subdomain, new_app_uuid,
};
use wh_data::uuid::Uuid;

use crate::api::Shared;
use crate::audit;
use crate::input::{Input, Part};
use crate::problem::Problem;
use crate::signed_in::SignedIn;

/// An app that somebody wants.
#[derive(Deserialize)]
pub(crate) struct NewApp {
    /// Drawn by the client once, so that a request that is sent again makes no second app.
    uuid: Option<Uuid>,
    name: AppName,
    subdomain: Option<Subdomain>,
    git_provider: GitProvider,
    repo_url: String,
    branch: String,
    #[serde(flatten)]
    commit: CommitMetadata,
    #[serde(default)]
    root_dir: String,
    #[serde(default)]
    build_command: String,
    #[serde(default)]
    start_command: String,
    #[serde(default)]
    port: u16,
    limits: Option<ResourceLimits>,
    #[serde(default)]
    auto_deploy: bool,
    #[serde(default)]
    env: BTreeMap<EnvKey, SecretString>,
}

/// Creates an app with its environment, its first deployment and the job for it.
pub(crate) async fn create(
    State(api): State<Shared>,
    me: SignedIn,
    Input(new): Input<NewApp>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let token = api.db().git_tokens().find(me.user.id, new.git_provider).await?;
    let spec = DeploymentSpec {
        app_uuid: new.uuid.unwrap_or_else(new_app_uuid),
        user: me.user.id,
        subdomain: new.subdomain.unwrap_or_else(|| (&new.name).into()),
        name: new.name,
        source: Source {
            git_provider: new.git_provider,
            repo_url: new.repo_url,
            branch: new.branch,
            commit: new.commit,
            root_dir: new.root_dir,
            build_command: new.build_command,
            start_command: new.start_command,
            port: new.port,
            git_token: token.map(|token| token.token),
        },
        limits: new.limits,
        auto_deploy: new.auto_deploy,
        env: new.env,
    };
    let made = api.db().deployments().create(&spec).await?;
    if made.fresh {
        let target = made.app.to_string();
        audit::record(&api, &me, AuditKind::AppDeploy, ("app", &target), audit::nothing()).await?;
    }
    api.hub.job_made();
    Ok((if made.fresh { StatusCode::CREATED } else { StatusCode::OK }, Json(created(&made))))
}

/// What was made, now or before.
pub(crate) fn created(made: &CreatedDeployment) -> Value {
    json!({ "app": made.app, "deployment": made.deployment, "job": made.job, "fresh": made.fresh })
}

/// The apps of who asks, newest first.
pub(crate) async fn list(
    State(api): State<Shared>,
    me: SignedIn,
    Query(part): Query<Part<AppId>>,
) -> Result<Json<Vec<Value>>, Problem> {
    let apps = api.db().apps().show_all(me.user.id, part.page()?).await?;
    Ok(Json(apps.iter().map(shown).collect()))
}

/// One app.
pub(crate) async fn show(
    State(api): State<Shared>,
    me: SignedIn,
    Path(id): Path<AppId>,
) -> Result<Json<Value>, Problem> {
    let app = api.db().apps().show(id).await?.filter(|shown| shown.app.user_id == me.user.id);
    Ok(Json(shown(&app.ok_or(Problem::not_found("app"))?)))
}

/// The row of an app, and the state that its user is shown.
fn shown(shown: &ShownApp) -> Value {
    json!({ "app": shown.app, "state": shown.state().to_string() })
}

/// What is to change about an app.
#[derive(Deserialize)]
pub(crate) struct Changes {
    repo_url: Option<String>,
    branch: Option<String>,
    root_dir: Option<String>,
    build_command: Option<String>,
    start_command: Option<String>,
    port: Option<u16>,
    limits: Option<ResourceLimits>,
}

/// Changes what the next deployment builds and runs by.
pub(crate) async fn change(
    State(api): State<Shared>,
    me: SignedIn,
    Path(id): Path<AppId>,
    Input(new): Input<Changes>,
) -> Result<Json<rows::App>, Problem> {
    me.app(&api, id).await?;
    let changes = AppChanges {
        git_provider: None,
        repo_url: new.repo_url,
        branch: new.branch,
        root_dir: new.root_dir,
        build_command: new.build_command,
        start_command: new.start_command,
        container_port: new.port,
        limits: new.limits,
    };
    Ok(Json(api.db().apps().update_spec(id, &changes).await?))
}
