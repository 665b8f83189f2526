//! Where requests go.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::api::Shared;
use crate::problem::Problem;
use crate::{apps, environment, health, history, logs, operator, sign_in, signed_in, steps, workers};

/// All routes.
pub(crate) fn routes(api: &Shared) -> Router {
    let signed_in = Router::new()
        .route("/v1/me", get(sign_in::me))
        .route("/v1/sign-out", post(sign_in::sign_out))
        .route("/v1/sessions", get(sign_in::sessions).delete(sign_in::revoke_others))
        .route("/v1/sessions/{id}", delete(sign_in::revoke))
        .route("/v1/audit", get(history::audit))
        .route("/v1/apps", get(apps::list).post(apps::create))
        .route("/v1/apps/{id}", get(apps::show).patch(apps::change).delete(steps::delete))
        .route("/v1/apps/{id}/env", get(environment::list))
        .route("/v1/apps/{id}/env/{key}", put(environment::set).delete(environment::delete))
        .route("/v1/apps/{id}/redeploy", post(steps::redeploy))
        .route("/v1/apps/{id}/start", post(steps::start))
        .route("/v1/apps/{id}/stop", post(steps::stop))
        .route("/v1/apps/{id}/deployments", get(history::deployments))
        .route("/v1/apps/{id}/jobs", get(history::jobs))
        .route("/v1/apps/{id}/logs", get(logs::newest))
        .route("/v1/apps/{id}/logs/live", get(logs::live))
        .route("/v1/deployments/{id}", get(history::deployment))
        .route("/v1/jobs/{id}", get(history::job))
        .route_layer(from_fn_with_state(Arc::clone(api), signed_in::require));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/v1/sign-in", post(sign_in::sign_in))
        .route("/v1/workers", get(operator::workers).post(operator::add_worker))
        .route("/v1/workers/connect", get(workers::connect))
        .route("/v1/users/{id}/plan", put(operator::set_plan))
        .route("/v1/apps/{id}/violation", delete(operator::clear_violation))
        .merge(signed_in)
        .fallback(async || {
            Problem::Own(StatusCode::NOT_FOUND, "no_route", "there is no such path".to_owned())
        })
        .with_state(Arc::clone(api))
}
