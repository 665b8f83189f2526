//! The environment of an app. Values go in, and come out for their owner alone.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use wh_data::repo::Result;
use wh_data::secrecy::{ExposeSecret, SecretString};
use wh_data::types::{AppId, AuditKind, EnvKey};

use crate::api::Shared;
use crate::audit;
use crate::input::Input;
use crate::problem::Problem;
use crate::signed_in::SignedIn;

/// The variables of an app.
pub(crate) async fn list(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
) -> Result<Json<BTreeMap<EnvKey, String>>, Problem> {
    me.app(&api, app).await?;
    let variables = api.db().env_vars().list(app).await?;
    let open = |(key, value): (EnvKey, SecretString)| (key, value.expose_secret().to_owned());
    Ok(Json(variables.into_iter().map(open).collect()))
}

/// A new value.
#[derive(Deserialize)]
pub(crate) struct NewValue {
    value: SecretString,
}

/// Sets a variable. The next deployment runs with it.
pub(crate) async fn set(
    State(api): State<Shared>,
    me: SignedIn,
    Path((app, key)): Path<(AppId, EnvKey)>,
    Input(NewValue { value }): Input<NewValue>,
) -> Result<StatusCode, Problem> {
    me.app(&api, app).await?;
    api.db().env_vars().set(app, &key, &value).await?;
    let detail = json!({ "key": key });
    audit::record(&api, &me, AuditKind::EnvSet, ("app", &app.to_string()), detail).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a variable.
pub(crate) async fn delete(
    State(api): State<Shared>,
    me: SignedIn,
    Path((app, key)): Path<(AppId, EnvKey)>,
) -> Result<StatusCode, Problem> {
    me.app(&api, app).await?;
    if !api.db().env_vars().delete(app, &key).await? {
        return Err(Problem::not_found("variable"));
    }
    let detail = json!({ "key": key });
    audit::record(&api, &me, AuditKind::EnvDelete, ("app", &app.to_string()), detail).await?;
    Ok(StatusCode::NO_CONTENT)
}
