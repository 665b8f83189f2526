//! What probes and Prometheus ask.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

use crate::api::Shared;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// Requests can be served.
pub(crate) async fn ready(State(api): State<Shared>) -> impl IntoResponse {
    let health = api.data.health().await;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let latency = health.postgres.as_ref().ok().map(|latency| latency.as_secs_f64() * 1000.0);
    let redis = health.redis.map(|state| format!("{state:?}").to_lowercase());
    (status, Json(json!({ "postgres_ms": latency, "redis": redis, "mail": health.mail })))
}

/// What was counted, in the text format of Prometheus.
pub(crate) async fn metrics(State(api): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], api.metrics.render())
}
