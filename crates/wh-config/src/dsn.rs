//! Connection strings that survive any password.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use wh_types::{SslMode, TargetSessionAttrs};

/// The content of a connection string.
pub(crate) struct Dsn<'a> {
    /// Each host with its port.
    pub(crate) servers: Vec<(&'a str, u16)>,
    pub(crate) user: &'a str,
    pub(crate) password: &'a SecretString,
    pub(crate) name: &'a str,
    pub(crate) sslmode: SslMode,
    /// A PEM file, or `system`; `None` if no certificate is verified.
    pub(crate) roots: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) application_name: &'a str,
    pub(crate) target_session_attrs: TargetSessionAttrs,
}

impl Dsn<'_> {
    /// `host='…' port='…' …`: in single quotes, where a quote and a backslash have a backslash before them.
    pub(crate) fn key_value(&self) -> SecretString {
        let join = |parts: Vec<String>| parts.join(",");
        let hosts = join(self.servers.iter().map(|(host, _)| (*host).to_owned()).collect());
        let ports = join(self.servers.iter().map(|(_, port)| port.to_string()).collect());
        let pairs = [
            ("host", hosts.as_str()),
            ("port", &ports),
            ("user", self.user),
            ("password", self.password.expose_secret()),
            ("dbname", self.name),
        ];
        let options = self.options();
        let options = options.iter().map(|(key, value)| (*key, value.as_str()));
        let quoted = |(key, value): (&str, &str)| {
            format!("{key}='{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
        };
        pairs.into_iter().chain(options).map(quoted).collect::<Vec<_>>().join(" ").into()
    }

    /// `postgres://user:password@host:port/name?…`, with everything escaped but letters, digits and `-._~`.
    pub(crate) fn url(&self) -> SecretString {
        let server = |(host, port): &(&str, u16)| {
            // A socket folder travels escaped, an IPv6 address in brackets.
            let host = if host.contains(':') { format!("[{host}]") } else { escape(host) };
            format!("{host}:{port}")
        };
        let servers = self.servers.iter().map(server).collect::<Vec<_>>().join(",");
        let option = |(key, value): &(&str, String)| format!("{key}={}", escape(value));
        let options = self.options().iter().map(option).collect::<Vec<_>>().join("&");
        let authority = format!("{}:{}", escape(self.user), escape(self.password.expose_secret()));
        format!("postgres://{authority}@{servers}/{}?{options}", escape(self.name)).into()
    }

    fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = vec![
            ("sslmode", self.sslmode.to_string()),
            ("connect_timeout", self.timeout()),
            ("application_name", self.application_name.to_owned()),
        ];
        if self.target_session_attrs != TargetSessionAttrs::Any {
            options.push(("target_session_attrs", self.target_session_attrs.to_string()));
        }
        options.extend(self.roots.clone().map(|roots| ("sslrootcert", roots)));
        options
    }

    /// Whole seconds, rounded up: 0 would be no limit.
    fn timeout(&self) -> String {
        let seconds = self.connect_timeout.as_secs() + u64::from(self.connect_timeout.subsec_nanos() > 0);
        seconds.max(1).to_string()
    }
}

/// Everything but the unreserved characters of a URL (RFC 3986).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dsn<'a>(servers: &[(&'a str, u16)], password: &'a SecretString) -> Dsn<'a> {
        Dsn {
            servers: servers.to_vec(),
            user: "wise",
            password,
            name: "wise",
            sslmode: SslMode::Require,
            roots: None,
            connect_timeout: Duration::from_millis(2500),
            application_name: "wh-data",
            target_session_attrs: TargetSessionAttrs::Any,
        }
    }

    #[test]
    fn strings_are_quoted_and_escaped() {
        let password = SecretString::from(r"it's a \ p@ss/w?rd é");
        insta::assert_snapshot!(dsn(&[("db", 5432)], &password).key_value().expose_secret(), @r"host='db' port='5432' user='wise' password='it\'s a \\ p@ss/w?rd é' dbname='wise' sslmode='require' connect_timeout='3' application_name='wh-data'");
        insta::assert_snapshot!(dsn(&[("db", 5432)], &password).url().expose_secret(), @"postgres://wise:it%27s%20a%20%5C%20p%40ss%2Fw%3Frd%20%C3%A9@db:5432/wise?sslmode=require&connect_timeout=3&application_name=wh-data");
    }

    #[test]
    fn several_servers_keep_their_order_and_their_ports() {
        let password = SecretString::from("x");
        let servers = [("db1", 5432), ("::1", 5433), ("/run/postgresql", 5434)];
        let several = Dsn { target_session_attrs: TargetSessionAttrs::ReadWrite, ..dsn(&servers, &password) };
        insta::assert_snapshot!(several.key_value().expose_secret(), @"host='db1,::1,/run/postgresql' port='5432,5433,5434' user='wise' password='x' dbname='wise' sslmode='require' connect_timeout='3' application_name='wh-data' target_session_attrs='read-write'");
        insta::assert_snapshot!(several.url().expose_secret(), @"postgres://wise:x@db1:5432,[::1]:5433,%2Frun%2Fpostgresql:5434/wise?sslmode=require&connect_timeout=3&application_name=wh-data&target_session_attrs=read-write");
        for text in [several.key_value(), several.url()] {
            let parsed: tokio_postgres::Config = text.expose_secret().parse().unwrap();
            assert_eq!((parsed.get_hosts().len(), parsed.get_ports()), (3, [5432, 5433, 5434].as_slice()));
            assert_eq!(parsed.get_application_name(), Some("wh-data"));
            assert_eq!(
                parsed.get_target_session_attrs(),
                tokio_postgres::config::TargetSessionAttrs::ReadWrite
            );
        }
    }

    #[test]
    fn authorities_are_named() {
        let password = SecretString::from("x");
        let checked = Dsn { roots: Some("/etc/our ca.pem".into()), ..dsn(&[("db", 5432)], &password) };
        assert!(checked.key_value().expose_secret().ends_with(" sslrootcert='/etc/our ca.pem'"));
        assert!(checked.url().expose_secret().ends_with("&sslrootcert=%2Fetc%2Four%20ca.pem"));
    }
}
