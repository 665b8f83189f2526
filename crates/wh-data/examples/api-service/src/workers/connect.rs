//! A worker opens its connection.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use wh_data::crypto::{WorkerHello, api_key_bytes_from_hash};
use wh_data::repo::Result;
use wh_data::repo::rows::Worker;

use super::conversation::Conversation;
use crate::api::{Api, Shared};
use crate::problem::Problem;

/// The largest message of a worker: the end of a job with its log.
const LARGEST: usize = 8 << 20;

/// Lets a worker in that signs with the key it registered with.
pub(crate) async fn connect(
    State(api): State<Shared>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let hello = header.and_then(|value| value.strip_prefix("Worker ")).unwrap_or_default();
    let worker = identify(&api, hello).await?.ok_or_else(|| {
        // One answer for all: who guesses learns nothing from it.
        let detail = "no worker with this key, or a hello that is old or was used".to_owned();
        Problem::Own(StatusCode::UNAUTHORIZED, "unknown_worker", detail)
    })?;
    let upgrade = upgrade.max_message_size(LARGEST);
    Ok(upgrade.on_upgrade(async move |socket| Conversation::new(api, &worker, socket).run().await))
}

/// The worker that signed a hello.
async fn identify(api: &Api, hello: &str) -> Result<Option<Worker>> {
    let Ok(signed) = WorkerHello::read(hello) else { return Ok(None) };
    let workers = api.db().workers().list().await?;
    let claimed = workers.into_iter().find(|worker| worker.name == signed.worker());
    let key = claimed.as_ref().and_then(|worker| api_key_bytes_from_hash(worker.api_key_hash.as_hex()));
    let now = api.db().apps().now().await?.timestamp();
    // A name that nobody has takes as long as one that somebody has.
    let verified = signed.verify(&key.unwrap_or_default(), now);
    Ok(match verified {
        Ok(hello) if key.is_some() && api.replays.accept(&hello, now) => claimed,
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, "a worker was not let in");
            None
        }
    })
}
