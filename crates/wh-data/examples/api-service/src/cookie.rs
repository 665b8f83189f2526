//! Cookies with secrets in them.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use wh_data::secrecy::{ExposeSecret, SecretString};

use crate::api::Api;

/// The cookie of a session.
pub(crate) const SESSION: &str = "wh_session";

/// The value of a cookie, if the request has it.
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.into())
}

/// Sets a cookie for so long, or removes it with no time at all.
///
/// Scripts do not see it, other sites do not send it with what changes something.
pub(crate) fn set(api: &Api, headers: &mut HeaderMap, name: &str, value: &SecretString, age: Duration) {
    let (value, age) = (value.expose_secret(), age.as_secs());
    let secure = if api.secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}
