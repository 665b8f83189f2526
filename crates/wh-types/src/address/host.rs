//! The machine that a service connects to or listens on.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{quoted, refuse};
use crate::{Invalid, text::validated_text};

/// A host as clients look it up: a DNS name, or an IP address without brackets. No port, no scheme, no white
/// space.
///
/// Unlike a [`Hostname`](crate::Hostname) it need not be public: `localhost`, `db.internal` and `my_service`
/// are hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

validated_text!(Host);

const WHAT: &str = "host";

impl Host {
    /// This machine.
    #[must_use]
    pub fn localhost() -> Self {
        Self("localhost".to_owned())
    }

    /// Reads a host; an IPv6 address may stand in brackets.
    ///
    /// # Errors
    /// [`Invalid::Form`] that says how the host is written right. It never shows a text that could hold a
    /// password.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bare.map(str::parse::<Ipv6Addr>) {
            return match address {
                Ok(address) => Ok(Self(address.to_string())),
                Err(_) => refuse(WHAT, "is not an IPv6 address: write one like 2001:db8::1"),
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        if text.is_empty() {
            return refuse(WHAT, "is empty: write a name or an address");
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return refuse(WHAT, "holds white space or a line end: write the name alone");
        }
        if text.contains("://") || text.contains(['/', '@', '?', '#']) {
            return refuse(
                WHAT,
                "is a URL or a path: write the host name alone, without scheme, user and path",
            );
        }
        if text.contains(':') {
            return refuse(WHAT, "has a port, or is a broken IPv6 address: write the host alone");
        }
        if !text.is_ascii() {
            return match idna::domain_to_ascii(text) {
                Ok(ascii) => refuse(WHAT, format!("{}is not in ASCII: write {ascii}", quoted(text))),
                Err(_) => refuse(WHAT, "is not a host name: write a name like db.internal, or an IP address"),
            };
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() > 253 || !name.split('.').all(is_label) {
            let problem = format!(
                "{}is not a host name: write a name like db.internal, or an IP address",
                quoted(text)
            );
            return refuse(WHAT, problem);
        }
        if ends_in_a_number(name) {
            let problem = format!("{}is not an IPv4 address: write four numbers from 0 to 255", quoted(text));
            return refuse(WHAT, problem);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address, where the host is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    #[must_use]
    pub fn in_url(&self) -> Cow<'_, str> {
        if self.0.contains(':') { Cow::Owned(format!("[{}]", self.0)) } else { Cow::Borrowed(&self.0) }
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Resolvers and browsers take a name that ends in a number for an address: `127.1`, `0x7f.1`.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .or_else(|| last.strip_prefix("0X"))
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A host with its port: `localhost:6379`, `[2001:db8::1]:6379`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    /// The host.
    pub host: Host,
    /// The TCP port, from 1.
    pub port: u16,
}

impl HostPort {
    /// Reads a host and its port.
    ///
    /// # Errors
    /// [`Invalid::Form`], which never shows the text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const RIGHT: &str = "is not host:port: write one like localhost:6379, and the password on its own";
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return refuse(
                "address",
                format!("is an IPv6 address without brackets and port: write [{address}]:6379"),
            );
        }
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            let bracketed = host.starts_with('[') || !host.contains(':');
            Some(Self { host: bracketed.then(|| Host::parse(host).ok())??, port: port_number(port)? })
        });
        parsed.map_or_else(|| refuse("address", RIGHT), Ok)
    }

    /// Reads `host` or `host:port`.
    pub(super) fn parse_with_default(text: &str, port: u16) -> Option<Self> {
        let bare = text.starts_with('[') && text.ends_with(']') || !text.contains(':');
        if bare { Host::parse(text).ok().map(|host| Self { host, port }) } else { Self::parse(text).ok() }
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}:{}", self.host.in_url(), self.port))
    }
}

/// A port in digits, without sign and leading zeros.
fn port_number(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|port| plain && *port > 0)
}

/// A domain of the operator in its DNS form: lower case, ASCII, letters, digits and hyphens in labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

validated_text!(Domain);

impl Domain {
    /// Reads a domain.
    ///
    /// # Errors
    /// [`Invalid::Form`] with the right form, where there is one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let lower = |label: &str| {
            is_label(label)
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if text.len() <= 253 && text.split('.').all(lower) && !ends_in_a_number(text) {
            return Ok(Self(text.to_owned()));
        }
        let ascii = idna::domain_to_ascii(text).ok().filter(|ascii| !text.is_ascii() && ascii.is_ascii());
        let right = ascii.unwrap_or_else(|| "one like acme.dev, in lower case".to_owned());
        refuse("domain", format!("{}is not a domain: write {right}", quoted(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_hosts() {
        for (text, host, url) in [
            ("localhost", "localhost", "localhost"),
            ("db.internal.", "db.internal.", "db.internal."),
            ("my_service", "my_service", "my_service"),
            ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
            ("2001:DB8::1", "2001:db8::1", "[2001:db8::1]"),
            ("[::1]", "::1", "[::1]"),
            ("xn--bcher-kva.de", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ] {
            let parsed = Host::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.in_url().as_ref()), (host, url));
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_the_right_way_said() {
        let refusal = |text: &str| Host::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("db:5432"), @"host has a port, or is a broken IPv6 address: write the host alone");
        insta::assert_snapshot!(refusal("db\n"), @"host holds white space or a line end: write the name alone");
        insta::assert_snapshot!(refusal("postgres://me:hunter2@db/x"), @"host is a URL or a path: write the host name alone, without scheme, user and path");
        insta::assert_snapshot!(refusal("bücher.de"), @r#"host "bücher.de" is not in ASCII: write xn--bcher-kva.de"#);
        insta::assert_snapshot!(refusal("127.1"), @r#"host "127.1" is not an IPv4 address: write four numbers from 0 to 255"#);
        insta::assert_snapshot!(refusal("-a.b"), @r#"host "-a.b" is not a host name: write a name like db.internal, or an IP address"#);
        for text in
            ["", "a b", "a..b", ".", "h#x", "0x7f.1", "[::1", "[a]", "::g", "fe80::1%eth0", &"a".repeat(64)]
        {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_follows_the_last_colon() {
        for text in ["localhost:6379", "[::1]:6379", "10.0.0.1:1", "my_redis:65535"] {
            assert_eq!(HostPort::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "localhost",
            "fe80::1",
            ":1",
            "h:",
            "h:0",
            "h:65536",
            "h:01",
            "h:+1",
            "h#x:1",
            "u:p@h:1",
            "::1:6379",
            "h :1",
        ] {
            assert!(HostPort::parse(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(HostPort::parse("fe80::1").unwrap_err(), @"address is an IPv6 address without brackets and port: write [fe80::1]:6379");
    }

    #[test]
    fn a_domain_is_in_lower_case_and_ascii() {
        for text in ["acme.dev", "localhost", "w1.acme.dev", "xn--bcher-kva.de"] {
            assert_eq!(Domain::parse(text).unwrap(), text);
        }
        for text in
            ["", "Acme.dev", "acme.dev.", "a_b.dev", "10.0.0.1", "5", "-a.dev", "a..b", "https://acme.dev"]
        {
            assert!(Domain::parse(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(Domain::parse("bücher.de").unwrap_err(), @r#"domain "bücher.de" is not a domain: write xn--bcher-kva.de"#);
    }
}
