//! The link that revokes a session.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use wh_crypto::{KeyRing, RevokeToken};

use crate::{MailError, NewDeviceInfo, clean::is_unsafe};

const PATH: &str = "/api/session/revoke-token?token=";

/// `{base_url}/api/session/revoke-token?token=…`, signed at the time of the sign-in. The link is a secret: who has it can end
/// the session.
pub(crate) fn revoke_link(
    info: &NewDeviceInfo,
    base_url: &str,
    keys: &KeyRing,
) -> Result<SecretString, MailError> {
    let base = checked(base_url)?;
    let token = RevokeToken {
        user_id: info.user_id.get(),
        session_id: info.session_id.get(),
        signed_at: info.time.timestamp(),
    };
    let token = token.sign(keys);
    Ok(SecretString::from(format!("{base}{PATH}{}", percent_encoded(token.expose_secret()))))
}

/// The base URL without its last slash. A host outside ASCII becomes A-labels.
fn checked(base_url: &str) -> Result<String, MailError> {
    let begins = ["https://", "http://"]
        .iter()
        .any(|scheme| base_url.strip_prefix(scheme).is_some_and(|rest| !rest.starts_with(['/', '\\'])));
    let unsafe_in_mail = |c: char| is_unsafe(c) || "\"<>\\^`{|}".contains(c);
    if !begins || base_url.len() > 500 || base_url.contains(unsafe_in_mail) {
        return Err(MailError::BaseUrl);
    }
    let url = Url::parse(base_url).map_err(|_| MailError::BaseUrl)?;
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && url.query().is_none() && url.fragment().is_none() {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(MailError::BaseUrl)
    }
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
    fn only_a_plain_web_address_begins_a_link() {
        for (given, begins) in [
            ("https://acme.dev/", "https://acme.dev"),
            ("http://[::1]:8080/app", "http://[::1]:8080/app"),
            ("https://bücher.de", "https://xn--bcher-kva.de"),
            ("https://Bücher.DE:8443/app/", "https://xn--bcher-kva.de:8443/app"),
            ("https://例え.テスト", "https://xn--r8jz45g.xn--zckzah"),
        ] {
            assert_eq!(checked(given).as_deref(), Ok(begins), "{given}");
        }
        let wrong = [
            "",
            "acme.dev",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "https://a.dev?x=1",
            "https://a.dev#x",
            "https://user@a.dev",
            "https://a.dev\r\nX: y",
            "https://a.dev\"><script>",
            "https://xn--a.dev",
            "https://a.dev:99999",
            "https://u:p@a.dev",
            "https:\\\\a.dev",
            "https://a b.dev",
        ];
        for url in wrong {
            assert_eq!(checked(url), Err(MailError::BaseUrl), "{url:?}");
        }
    }

    #[test]
    fn a_token_is_one_value_of_the_query() {
        // As Python's urllib.parse.quote(text, safe="") writes it.
        assert_eq!(percent_encoded("4:17:1795525500:00ff").to_string(), "4%3A17%3A1795525500%3A00ff");
        assert_eq!(percent_encoded("a-b._~&=+% é").to_string(), "a-b._~%26%3D%2B%25%20%C3%A9");
    }
}
