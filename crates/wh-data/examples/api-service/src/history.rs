//! What was done with an app.

use axum::Json;
use axum::extract::{Path, Query, State};
use wh_data::repo::Result;
use wh_data::repo::rows::{AuditEvent, Deployment, Job};
use wh_data::types::{AppId, AuditEventId, DeploymentId, JobId};

use crate::api::Shared;
use crate::input::Part;
use crate::problem::Problem;
use crate::signed_in::SignedIn;

/// The deployments of an app, without their logs.
pub(crate) async fn deployments(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
    Query(part): Query<Part<DeploymentId>>,
) -> Result<Json<Vec<Deployment>>, Problem> {
    me.app(&api, app).await?;
    Ok(Json(api.db().deployments().list(app, part.page()?).await?))
}

/// One deployment, with its log.
pub(crate) async fn deployment(
    State(api): State<Shared>,
    me: SignedIn,
    Path(id): Path<DeploymentId>,
) -> Result<Json<Deployment>, Problem> {
    let deployment = api.db().deployments().find_for_user(id, me.user.id).await?;
    Ok(Json(deployment.ok_or(Problem::not_found("deployment"))?))
}

/// The jobs of an app.
pub(crate) async fn jobs(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
    Query(part): Query<Part<JobId>>,
) -> Result<Json<Vec<Job>>, Problem> {
    me.app(&api, app).await?;
    Ok(Json(api.db().jobs().list_for_app(app, part.page()?).await?))
}

/// One job.
pub(crate) async fn job(
    State(api): State<Shared>,
    me: SignedIn,
    Path(id): Path<JobId>,
) -> Result<Json<Job>, Problem> {
    let job = api.db().jobs().find_for_user(id, me.user.id).await?;
    Ok(Json(job.ok_or(Problem::not_found("job"))?))
}

/// What somebody did with their account.
pub(crate) async fn audit(
    State(api): State<Shared>,
    me: SignedIn,
    Query(part): Query<Part<AuditEventId>>,
) -> Result<Json<Vec<AuditEvent>>, Problem> {
    Ok(Json(api.db().audit_events().list(me.user.id, part.page()?).await?))
}
