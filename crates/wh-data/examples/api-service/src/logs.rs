//! What an app printed, and prints.

use std::collections::HashSet;

use axum::Json;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use wh_data::repo::rows::RuntimeLogLine;
use wh_data::repo::{NewLogLine, Result};
use wh_data::types::{AppId, RuntimeLogId};

use crate::api::{Api, Shared};
use crate::input::Part;
use crate::problem::Problem;
use crate::signed_in::SignedIn;

/// Lines that a new reader is shown first.
const REPLAYED: i64 = 200;

/// The newest lines of an app, oldest first.
pub(crate) async fn newest(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
    Query(part): Query<Part<RuntimeLogId>>,
) -> Result<Json<Vec<RuntimeLogLine>>, Problem> {
    me.app(&api, app).await?;
    Ok(Json(api.db().runtime_logs().newest(&[app], part.page()?.limit()).await?))
}

/// The newest lines of an app, then each line as it is printed, over a WebSocket.
///
/// Live lines are those of workers that are connected to this process. Several processes pass them on by a broker.
pub(crate) async fn live(
    State(api): State<Shared>,
    me: SignedIn,
    Path(app): Path<AppId>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    me.app(&api, app).await?;
    Ok(upgrade.on_upgrade(async move |socket| {
        if let Err(problem) = follow(&api, app, socket).await {
            tracing::debug!(%app, %problem, "a reader of logs is gone");
        }
    }))
}

async fn follow(
    api: &Api,
    app: AppId,
    mut socket: WebSocket,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Heard from before the replay is read, so that no line falls between the two.
    let mut lines = api.hub.lines();
    let mut stopping = api.hub.stopping();
    let mut replayed = HashSet::new();
    for line in api.db().runtime_logs().newest(&[app], REPLAYED).await? {
        socket.send(Message::Text(stored(&line).to_string().into())).await?;
        replayed.insert((line.logged_at, line.line));
    }
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            // A reader has nothing to say; this is how its end is heard.
            frame = socket.recv() => match frame {
                Some(Ok(_)) => continue,
                _ => return Ok(()),
            },
            _ = stopping.changed() => return Ok(()),
        };
        match line {
            Ok(line) if line.app == app && !replayed.remove(&(line.logged_at, line.line.clone())) => {
                socket.send(Message::Text(printed(&line).to_string().into())).await?;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                let gap = json!({ "missed": missed });
                socket.send(Message::Text(gap.to_string().into())).await?;
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

fn stored(line: &RuntimeLogLine) -> Value {
    json!({ "stream": line.stream, "line": line.line, "logged_at": line.logged_at })
}

fn printed(line: &NewLogLine) -> Value {
    json!({ "stream": line.stream, "line": line.line, "logged_at": line.logged_at })
}
