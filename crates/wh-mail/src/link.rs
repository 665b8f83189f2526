//! The link that revokes a session.

use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};
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

/// The base URL without its last slash, if it is one that a link in a mail may begin with.
fn checked(base_url: &str) -> Result<&str, MailError> {
    let rest = base_url.strip_prefix("https://").or_else(|| base_url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
    let plain = base_url.len() <= 500 && base_url.chars().all(|c| allowed(c) && !is_unsafe(c));
    if plain && !host.is_empty() { Ok(base_url.trim_end_matches('/')) } else { Err(MailError::BaseUrl) }
}

/// Everything but unreserved characters as `%XX` (RFC 3986).
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_plain_web_address_begins_a_link() {
        assert_eq!(checked("https://acme.dev/"), Ok("https://acme.dev"));
        assert_eq!(checked("http://[::1]:8080/app"), Ok("http://[::1]:8080/app"));
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
            "https://ä.dev",
        ];
        for url in wrong {
            assert_eq!(checked(url), Err(MailError::BaseUrl), "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn an_encoded_token_is_one_value_and_decodes_to_itself(text in any::<String>()) {
            let encoded = percent_encoded(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            let mut bytes = Vec::new();
            let mut rest = encoded.bytes();
            while let Some(byte) = rest.next() {
                if byte != b'%' {
                    bytes.push(byte);
                    continue;
                }
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
        }
    }
}
