//! Requests of somebody who is signed in.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use wh_data::repo::rows::{App, User};
use wh_data::repo::{Authenticated, Result};
use wh_data::types::{AppId, SessionId};

use crate::api::{Api, Shared};
use crate::cookie;
use crate::problem::Problem;

/// Where a request comes from.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) ip: String,
    pub(crate) user_agent: String,
}

/// Who sends a request.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) session: SessionId,
    pub(crate) browser: Browser,
}

impl SignedIn {
    /// One of their apps; another user's is none.
    pub(crate) async fn app(&self, api: &Api, id: AppId) -> Result<App, Problem> {
        let app = api.db().apps().find_for_user(id, self.user.id).await?;
        app.filter(|app| app.deleted_at.is_none()).ok_or(Problem::not_found("app"))
    }
}

/// Lets requests through that carry the cookie of a living session, and keeps session and cookie alive.
pub(crate) async fn require(
    State(api): State<Shared>,
    browser: Browser,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    same_site(&api, request.method(), request.headers())?;
    let token = cookie::read(request.headers(), cookie::SESSION).ok_or_else(Problem::signed_out)?;
    let sessions = api.db().sessions();
    let known = sessions.authenticate(&token, &browser.ip, &browser.user_agent).await?;
    let Authenticated { session, user } = known.ok_or_else(Problem::signed_out)?;
    request.extensions_mut().insert(SignedIn { user, session: session.id, browser });
    let mut response = next.run(request).await;
    if !response.headers().contains_key(header::SET_COOKIE) {
        cookie::set(&api, response.headers_mut(), cookie::SESSION, &token, api.session_lifetime);
    }
    Ok(response)
}

/// Refuses what a page of another site makes a browser send. A WebSocket is opened by GET, and follows no other rule of browsers.
pub(crate) fn same_site(api: &Api, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let reads = (method == Method::GET || method == Method::HEAD) && !headers.contains_key(header::UPGRADE);
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| !reads) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, place)| !host.is_empty() && place == host);
    if own || api.allowed_origins.iter().any(|allowed| allowed == origin) {
        return Ok(());
    }
    Err(Problem::forbidden("this page is not of an allowed origin: add it to security.allowed_origins"))
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Behind a proxy this is the proxy's: take the address of the header that it sets.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self {
            ip: peer.map(|ConnectInfo(peer)| peer.ip().to_string()).unwrap_or_default(),
            user_agent: user_agent.unwrap_or_default().to_owned(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::signed_out)
    }
}
