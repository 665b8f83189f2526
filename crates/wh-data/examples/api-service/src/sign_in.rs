//! Signing in and out.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use wh_data::crypto::generate_token;
use wh_data::repo::rows::Session;
use wh_data::repo::{GoogleProfile, NewSession, Result};
use wh_data::types::{AuditKind, SessionId};

use crate::api::Shared;
use crate::audit;
use crate::cookie;
use crate::input::{Input, Part};
use crate::operator;
use crate::problem::Problem;
use crate::signed_in::{Browser, SignedIn};

/// Who somebody is, as the identity provider says.
#[derive(Deserialize)]
pub(crate) struct Identity {
    google_id: String,
    email: String,
    name: String,
    #[serde(default)]
    avatar_url: String,
}

/// Begins a session for a confirmed identity.
///
/// This stands where the callback of the OAuth flow would: the identity is trusted because the caller has the token by which
/// services of the platform know each other.
pub(crate) async fn sign_in(
    State(api): State<Shared>,
    browser: Browser,
    headers: HeaderMap,
    Input(identity): Input<Identity>,
) -> Result<Response, Problem> {
    operator::require(&api, &headers)?;
    let Identity { google_id, email, name, avatar_url } = identity;
    let profile = GoogleProfile { google_id, email, name, avatar_url };
    let user = api.db().users().upsert_google(&profile).await?.user;
    if user.totp_enabled {
        return Err(Problem::forbidden(
            "this account has a second factor, which this example does not ask for",
        ));
    }
    let token = generate_token()
        .map_err(|error| Problem::Own(StatusCode::SERVICE_UNAVAILABLE, "no_randomness", error.to_string()))?;
    let session = NewSession {
        user: user.id,
        token: token.clone(),
        ip: browser.ip.clone(),
        geo: String::new(),
        user_agent: browser.user_agent.clone(),
        two_factor: false,
    };
    let session = api.db().sessions().create(&session).await?.id;
    let me = SignedIn { user, session, browser };
    audit::record(&api, &me, AuditKind::Login, ("", ""), audit::nothing()).await?;
    let mut response = Json(json!({ "user": me.user })).into_response();
    cookie::set(&api, response.headers_mut(), cookie::SESSION, &token, api.session_lifetime);
    Ok(response)
}

/// Ends the session of this request.
pub(crate) async fn sign_out(State(api): State<Shared>, me: SignedIn) -> Result<Response, Problem> {
    audit::record(&api, &me, AuditKind::Logout, ("", ""), audit::nothing()).await?;
    api.db().sessions().revoke(me.session, me.user.id).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookie::set(&api, response.headers_mut(), cookie::SESSION, &"".into(), Duration::ZERO);
    Ok(response)
}

/// Who is signed in.
pub(crate) async fn me(me: SignedIn) -> Json<Value> {
    Json(json!({ "user": me.user, "session": me.session }))
}

/// The living sessions.
pub(crate) async fn sessions(
    State(api): State<Shared>,
    me: SignedIn,
    Query(part): Query<Part<SessionId>>,
) -> Result<Json<Vec<Session>>, Problem> {
    Ok(Json(api.db().sessions().list(me.user.id, part.page()?).await?))
}

/// Ends one session, on whatever machine it is.
pub(crate) async fn revoke(
    State(api): State<Shared>,
    me: SignedIn,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    if api.db().sessions().revoke(id, me.user.id).await? {
        let target = id.to_string();
        audit::record(&api, &me, AuditKind::SessionRevoked, ("session", &target), audit::nothing()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions but this one.
pub(crate) async fn revoke_others(State(api): State<Shared>, me: SignedIn) -> Result<Json<Value>, Problem> {
    let ended = api.db().sessions().revoke_others(me.user.id, me.session).await?;
    Ok(Json(json!({ "ended": ended })))
}
