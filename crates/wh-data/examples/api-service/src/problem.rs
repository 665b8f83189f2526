//! Refusals as `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use wh_data::repo::Error;
use wh_data::types::Invalid;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The data layer refused it.
    Data(Error),
    /// This service did.
    Own(StatusCode, &'static str, String),
}

impl Problem {
    /// The request comes from nobody who is known.
    pub(crate) fn signed_out() -> Self {
        Self::Own(StatusCode::UNAUTHORIZED, "signed_out", "sign in first".to_owned())
    }

    /// The request comes from where it must not.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::Own(StatusCode::FORBIDDEN, "forbidden", detail.into())
    }

    /// There is no such thing, or it is another user's.
    pub(crate) const fn not_found(entity: &'static str) -> Self {
        Self::Data(Error::NotFound { entity })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Data(error)
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::Data(invalid.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, word, title, detail, retry, mut body) = match &self {
            Self::Data(error) => {
                let code = error.code();
                let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                // What only an operator can mend is no user's business.
                let detail = (status != StatusCode::INTERNAL_SERVER_ERROR).then(|| error.to_string());
                if detail.is_none() {
                    tracing::error!(%error, "a request failed");
                }
                (status, code.as_str(), code.meaning().trim(), detail, error.retry_after(), error.details())
            }
            Self::Own(status, word, detail) => {
                let title = status.canonical_reason().unwrap_or_default();
                (*status, *word, title, Some(detail.clone()), None, Map::new())
            }
        };
        body.insert("type".into(), format!("https://acme.dev/errors/{word}").into());
        body.insert("title".into(), title.into());
        body.insert("status".into(), status.as_u16().into());
        body.extend(detail.map(|detail| ("detail".to_owned(), detail.into())));
        let mut response = (status, Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = retry {
            headers.insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
        }
        response
    }
}
