//! Somebody who calls the API service.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;

use super::http::{HttpAnswer, http};

/// A caller, with its cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    server: SocketAddr,
    token: Option<String>,
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// A caller that nobody knows.
    #[must_use]
    pub const fn new(server: SocketAddr) -> Self {
        Self { server, token: None, cookies: Vec::new() }
    }

    /// A caller with a bearer token: an operator, or another service.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The same caller without the token; its cookies stay.
    #[must_use]
    pub fn without_token(self) -> Self {
        Self { token: None, ..self }
    }

    /// The cookies as a header has them.
    #[must_use]
    pub fn cookies(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Sends a request with a body of JSON, and keeps the cookies of the answer.
    ///
    /// # Errors
    /// As [`http`].
    pub async fn send(&mut self, method: &str, path: &str, body: &Value) -> io::Result<HttpAnswer> {
        let (cookies, bearer) =
            (self.cookies(), self.token.as_ref().map(|token| format!("Bearer {token}")).unwrap_or_default());
        let mut headers = vec![("content-type", "application/json"), ("user-agent", "wh-testkit")];
        headers.extend([("cookie", cookies.as_str())].iter().filter(|(_, value)| !value.is_empty()));
        headers.extend([("authorization", bearer.as_str())].iter().filter(|(_, value)| !value.is_empty()));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http(self.server, method, path, &headers, &body).await?;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
                self.cookies.retain(|(_, value)| !value.is_empty());
            }
        }
        Ok(answer)
    }
}

impl HttpAnswer {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}
