//! What operators and other services of the platform do, known by `security.internal_api_token`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use wh_data::crypto::{generate_token, hash_token, same_hash};
use wh_data::repo::rows::{User, Worker};
use wh_data::repo::{Result, WorkerRegistration};
use wh_data::secrecy::{ExposeSecret, SecretString};
use wh_data::types::{AppId, PlanId, UserId};

use crate::api::{Api, Shared};
use crate::input::Input;
use crate::problem::Problem;

/// Refuses who does not have the token. It is compared in constant time, by its hash.
pub(crate) fn require(api: &Api, headers: &HeaderMap) -> Result<(), Problem> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(|value| value.strip_prefix("Bearer ")).map(SecretString::from);
    let known = given
        .zip(api.internal_token.as_ref())
        .is_some_and(|(given, token)| same_hash(&hash_token(&given), &hash_token(token)));
    if known {
        return Ok(());
    }
    let detail = "send security.internal_api_token as a bearer token".to_owned();
    Err(Problem::Own(StatusCode::UNAUTHORIZED, "unauthorized", detail))
}

/// A worker that is to be known.
#[derive(Deserialize)]
pub(crate) struct NewWorker {
    name: String,
    zone: String,
    #[serde(default)]
    region_name: String,
    capacity_cpu_milli: u32,
    capacity_memory_mib: u32,
}

/// Registers a worker, and shows its API key this once.
pub(crate) async fn add_worker(
    State(api): State<Shared>,
    headers: HeaderMap,
    Input(new): Input<NewWorker>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    require(&api, &headers)?;
    let api_key = generate_token()
        .map_err(|error| Problem::Own(StatusCode::SERVICE_UNAVAILABLE, "no_randomness", error.to_string()))?;
    let NewWorker { name, zone, region_name, capacity_cpu_milli, capacity_memory_mib } = new;
    let registration = WorkerRegistration {
        name,
        ip_address: String::new(),
        api_key: api_key.clone(),
        zone,
        region_name,
        capacity_cpu_milli,
        capacity_memory_mib,
    };
    let worker = api.db().workers().upsert(&registration).await?;
    Ok((StatusCode::CREATED, Json(json!({ "worker": worker, "api_key": api_key.expose_secret() }))))
}

/// All workers.
pub(crate) async fn workers(
    State(api): State<Shared>,
    headers: HeaderMap,
) -> Result<Json<Vec<Worker>>, Problem> {
    require(&api, &headers)?;
    Ok(Json(api.db().workers().list().await?))
}

/// A plan by its id.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    plan: PlanId,
}

/// Puts a user on a plan.
pub(crate) async fn set_plan(
    State(api): State<Shared>,
    headers: HeaderMap,
    Path(user): Path<UserId>,
    Input(Chosen { plan }): Input<Chosen>,
) -> Result<Json<User>, Problem> {
    require(&api, &headers)?;
    Ok(Json(api.db().users().set_plan(user, &plan).await?))
}

/// Lets an app go on that was stopped for a violation.
pub(crate) async fn clear_violation(
    State(api): State<Shared>,
    headers: HeaderMap,
    Path(app): Path<AppId>,
) -> Result<Json<Value>, Problem> {
    require(&api, &headers)?;
    Ok(Json(json!({ "fresh": api.db().apps().clear_violation(app).await? })))
}
