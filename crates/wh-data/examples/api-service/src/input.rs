//! What requests carry.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wh_data::repo::{Page, Result};

use crate::problem::Problem;

/// A body of JSON. One that does not fit is refused as all else is.
pub(crate) struct Input<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let refused = |rejection: JsonRejection| {
            // A message of the parser may repeat a value, which may be a secret. It stays with who sent it.
            Problem::Own(rejection.status(), "bad_request", rejection.body_text())
        };
        Json::from_request(request, state).await.map(|Json(body)| Self(body)).map_err(refused)
    }
}

/// Which part of a list: `?limit=20&before=117`.
#[derive(Deserialize)]
pub(crate) struct Part<K> {
    limit: Option<i64>,
    before: Option<K>,
}

impl<K> Part<K> {
    /// The page that is asked for.
    pub(crate) fn page(self) -> Result<Page<K>> {
        let page = Page::of(self.limit.unwrap_or_default())?;
        Ok(self.before.into_iter().fold(page, Page::before))
    }
}
