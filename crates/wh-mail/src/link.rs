//! The link that revokes a session.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{KeyRing, RevokeToken};
use wh_types::HttpUrl;

use crate::{MailError, NewDeviceInfo};

const PATH: &str = "/api/session/revoke-token?token=";

/// `{base_url}/api/session/revoke-token?token=…`, signed at the time of the sign-in. The link alone ends the session, so it is
/// a secret.
pub(crate) fn revoke_link(
    info: &NewDeviceInfo,
    base_url: &str,
    keys: &KeyRing,
) -> Result<SecretString, MailError> {
    let base = HttpUrl::parse(base_url).map_err(|_| MailError::BaseUrl)?;
    let token = RevokeToken {
        user_id: info.user_id.get(),
        session_id: info.session_id.get(),
        signed_at: info.time.timestamp(),
    };
    let token = token.sign(keys);
    Ok(SecretString::from(format!("{base}{PATH}{}", percent_encoded(token.expose_secret()))))
}

/// Everything but unreserved characters as `%XX` (RFC 3986).
fn percent_encoded(text: &str) -> impl fmt::Display {
    const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, &RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_value_of_the_query() {
        // As Python's urllib.parse.quote(text, safe="") writes it.
        assert_eq!(percent_encoded("4:17:1795525500:00ff").to_string(), "4%3A17%3A1795525500%3A00ff");
        assert_eq!(percent_encoded("a-b._~&=+% é").to_string(), "a-b._~%26%3D%2B%25%20%C3%A9");
    }
}
