//! Web addresses: those that links begin with, and those that browsers call from.

use serde::{Deserialize, Serialize};

use super::{Host, HostPort, refuse};
use crate::{Invalid, text::validated_text};

/// An `http` or `https` URL without user, password, query and fragment, in ASCII, without a slash at its end.
///
/// International names become `xn--…`, the scheme's own port is left out: `https://Bücher.de:443/` is
/// `https://xn--bcher-kva.de`. A link in a mail may begin with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl(String);

validated_text!(HttpUrl);

const WRONG: &str = "is not a URL: write one like https://panel.acme.dev, without user, query and fragment";

impl HttpUrl {
    /// The longest URL in bytes, so that a link with a token stays below the line limit of mail.
    pub const MAX: usize = 500;

    /// Reads a URL.
    ///
    /// # Errors
    /// [`Invalid::Form`], which never shows the text: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
        let parts = split(text).filter(|(.., path)| path.chars().all(plain));
        let url = parts.map(|(scheme, authority, path)| {
            Self(format!("{}{}", written(scheme, &authority), path.trim_end_matches('/')))
        });
        url.filter(|url| url.0.len() <= Self::MAX).map_or_else(|| refuse("URL", WRONG), Ok)
    }

    /// The URL of a server that listens on this host and port.
    #[must_use]
    pub fn of_server(tls: bool, host: &Host, port: u16) -> Self {
        let authority = HostPort { host: host.clone(), port };
        // The port stays even if it is the scheme's own: it is what the server was told.
        Self(format!("{}://{authority}", if tls { "https" } else { "http" }))
    }
}

/// An origin as browsers send it in the header `Origin`: scheme, host in lower case, and the port unless it
/// is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

validated_text!(Origin);

impl Origin {
    /// Reads an origin. A text that no browser ever sends is refused, since it would never match.
    ///
    /// # Errors
    /// [`Invalid::Form`] with the form that browsers send.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "origin";
        const RIGHT: &str = "is not an origin: write scheme, host and port only, like https://panel.acme.dev";
        if text.contains('@') {
            return refuse(WHAT, RIGHT);
        }
        let shown = crate::invalid::shown(text);
        if text.contains('*') {
            return refuse(
                WHAT,
                format!("{shown:?} is a pattern, which matches nothing here: write out each origin"),
            );
        }
        match split(text) {
            Some((scheme, authority, "" | "/")) => {
                let canonical = written(scheme, &authority);
                if canonical == text {
                    Ok(Self(canonical))
                } else {
                    refuse(WHAT, format!("{shown:?} is not what browsers send: write {canonical}"))
                }
            }
            _ => refuse(WHAT, format!("{shown:?} {RIGHT}")),
        }
    }
}

/// Scheme, host with port in lower case and ASCII, and the rest from the first slash on.
fn split(text: &str) -> Option<(&str, HostPort, &str)> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
    // Only the name is international: a port that is one stays wrong.
    let ascii = if authority.is_ascii() {
        authority.to_ascii_lowercase()
    } else {
        let (host, port) =
            authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let host = idna::domain_to_ascii(host).ok()?;
        port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    };
    let own = own_port(scheme);
    let host = HostPort::parse_with_default(&ascii, own)?;
    Some((scheme, host, path))
}

const fn own_port(scheme: &str) -> u16 {
    if scheme.len() == "https".len() { 443 } else { 80 }
}

fn written(scheme: &str, authority: &HostPort) -> String {
    if authority.port == own_port(scheme) {
        format!("{scheme}://{}", authority.host.in_url())
    } else {
        format!("{scheme}://{authority}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_take_their_ascii_form_without_the_last_slash() {
        for (given, taken) in [
            ("https://a.b:8443/x/", "https://a.b:8443/x"),
            ("http://localhost", "http://localhost"),
            ("https://A.b", "https://a.b"),
            ("https://bücher.de", "https://xn--bcher-kva.de"),
            ("https://bücher.de:8443/x", "https://xn--bcher-kva.de:8443/x"),
            ("https://a.b:443/", "https://a.b"),
            ("http://a.b:443", "http://a.b:443"),
            ("http://[2001:DB8::1]:8080/app", "http://[2001:db8::1]:8080/app"),
        ] {
            assert_eq!(HttpUrl::parse(given).unwrap(), taken);
            assert_eq!(HttpUrl::parse(taken).unwrap(), taken);
        }
        let long = format!("https://a.b/{}", "x".repeat(500));
        for bad in [
            "",
            "a.b",
            "ftp://a.b",
            "HTTPS://a.b",
            "https:a.b",
            "https://",
            "https:///x",
            "https://u:hunter2@a.b",
            "https://a.b?x=1",
            "https://a.b#x",
            "https://a b",
            "https://a\nb",
            "http://:80",
            "http://a.b:",
            "http://a.b:99999",
            "http://a.b:0",
            "http://127.1",
            "http://::1",
            "https://a.b/<x>",
            "https://a.b/\"",
            "https://a.b\\x",
            &long,
        ] {
            let problem = HttpUrl::parse(bad).unwrap_err().to_string();
            assert!(
                problem.starts_with("URL is not a URL") && !problem.contains("hunter2"),
                "{bad}: {problem}"
            );
        }
    }

    #[test]
    fn a_server_is_reached_at_its_host_and_port() {
        let url = |host: &str, tls| HttpUrl::of_server(tls, &Host::parse(host).unwrap(), 8080).into_string();
        assert_eq!(url("::1", true), "https://[::1]:8080");
        assert_eq!(url("localhost", false), "http://localhost:8080");
    }

    #[test]
    fn an_origin_is_what_browsers_send_and_nothing_else() {
        for origin in [
            "https://a.b",
            "http://a.b:8080",
            "https://xn--bcher-kva.de",
            "http://[::1]:3000",
            "http://10.0.0.1",
        ] {
            assert_eq!(Origin::parse(origin).unwrap(), origin);
        }
        let refusal = |text: &str| Origin::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("https://A.b"), @r#"origin "https://A.b" is not what browsers send: write https://a.b"#);
        insta::assert_snapshot!(refusal("https://a.b:443"), @r#"origin "https://a.b:443" is not what browsers send: write https://a.b"#);
        insta::assert_snapshot!(refusal("http://a.b:80/"), @r#"origin "http://a.b:80/" is not what browsers send: write http://a.b"#);
        insta::assert_snapshot!(refusal("https://bücher.de"), @r#"origin "https://bücher.de" is not what browsers send: write https://xn--bcher-kva.de"#);
        insta::assert_snapshot!(refusal("https://*.a.b"), @r#"origin "https://*.a.b" is a pattern, which matches nothing here: write out each origin"#);
        insta::assert_snapshot!(refusal("*.a.b"), @r#"origin "*.a.b" is a pattern, which matches nothing here: write out each origin"#);
        insta::assert_snapshot!(refusal("https://u:hunter2@a.b"), @"origin is not an origin: write scheme, host and port only, like https://panel.acme.dev");
        insta::assert_snapshot!(refusal("https://a.b/x"), @r#"origin "https://a.b/x" is not an origin: write scheme, host and port only, like https://panel.acme.dev"#);
        for text in
            ["", "null", "a.b", "ftp://a.b", "https://", "HTTPS://a.b", "https://a.b?x", "https://a.b#"]
        {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }
}
