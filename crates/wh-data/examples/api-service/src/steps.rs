//! What is done with an app: each makes a job, and answers before that is carried out.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use wh_data::repo::{Conflict, CreatedJob, Error, Result};
use wh_data::types::{AppId, AuditKind, CommitMetadata};

use crate::api::{Api, Shared};
use crate::apps::created;
use crate::audit;
use crate::input::Input;
use crate::problem::Problem;
use crate::signed_in::SignedIn;

/// Deploys a commit of an app, the newest of its branch if none is named.
pub(crate) async fn redeploy(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
    Input(commit): Input<CommitMetadata>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    me.app(&api, app).await?;
    let made = api.db().deployments().redeploy(app, &commit).await?;
    done(&api, &me, AuditKind::AppRestart, app, made.fresh).await?;
    Ok((StatusCode::ACCEPTED, Json(created(&made))))
}

/// Starts a stopped app.
pub(crate) async fn start(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    me.app(&api, app).await?;
    let made = api.db().jobs().start(app).await?;
    done(&api, &me, AuditKind::AppStart, app, made.fresh).await?;
    Ok((StatusCode::ACCEPTED, Json(job(&made))))
}

/// Stops a running app.
pub(crate) async fn stop(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    me.app(&api, app).await?;
    let made = api.db().jobs().stop(app).await?;
    done(&api, &me, AuditKind::AppStop, app, made.fresh).await?;
    Ok((StatusCode::ACCEPTED, Json(job(&made))))
}

/// Deletes an app: by its worker, or at once if no worker ever had it.
pub(crate) async fn delete(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
) -> Result<Response, Problem> {
    me.app(&api, app).await?;
    match api.db().jobs().delete(app).await {
        Ok(made) => {
            done(&api, &me, AuditKind::AppDelete, app, made.fresh).await?;
            Ok((StatusCode::ACCEPTED, Json(job(&made))).into_response())
        }
        Err(Error::Conflict(Conflict::NoContainer { .. })) => {
            api.db().apps().hard_delete(app).await?;
            done(&api, &me, AuditKind::AppDelete, app, true).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn job(made: &CreatedJob) -> Value {
    json!({ "job": made.job.id, "fresh": made.fresh })
}

async fn done(api: &Api, me: &SignedIn, kind: AuditKind, app: AppId, fresh: bool) -> Result<()> {
    api.hub.job_made();
    if fresh {
        audit::record(api, me, kind, ("app", &app.to_string()), audit::nothing()).await?;
    }
    Ok(())
}
