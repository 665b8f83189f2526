//! Connection strings that survive any password.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::SslMode;

/// What a connection string says.
pub(crate) struct Dsn<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) password: &'a SecretString,
    pub(crate) name: &'a str,
    pub(crate) sslmode: SslMode,
    /// A PEM file, or `system`; `None` where no certificate is checked.
    pub(crate) roots: Option<String>,
    pub(crate) connect_timeout: Duration,
}

impl Dsn<'_> {
    /// `host='…' port='…' …`: in single quotes, where a quote and a backslash have a backslash before them.
    pub(crate) fn key_value(&self) -> SecretString {
        let (port, timeout) = (self.port.to_string(), self.timeout());
        let pairs = [
            ("host", self.host),
            ("port", &port),
            ("user", self.user),
            ("password", self.password.expose_secret()),
            ("dbname", self.name),
            ("sslmode", self.sslmode.as_str()),
            ("connect_timeout", &timeout),
        ];
        let roots = self.roots.as_deref().map(|roots| ("sslrootcert", roots));
        let quoted = |(key, value): (&str, &str)| {
            format!("{key}='{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
        };
        pairs.into_iter().chain(roots).map(quoted).collect::<Vec<_>>().join(" ").into()
    }

    /// `postgres://user:password@host:port/name?…`, with everything escaped that is not a letter, a digit or one of `-._~`.
    pub(crate) fn url(&self) -> SecretString {
        let roots = self.roots.as_deref().map(|roots| format!("&sslrootcert={}", escape(roots)));
        let roots = roots.unwrap_or_default();
        let query = format!("sslmode={}&connect_timeout={}{roots}", self.sslmode, self.timeout());
        let authority = format!("{}:{}", escape(self.user), escape(self.password.expose_secret()));
        let host = match self.host {
            // A socket folder travels escaped, an IPv6 address in brackets.
            address if address.contains(':') && !address.starts_with('[') => format!("[{address}]"),
            address if address.starts_with('[') => address.to_owned(),
            name => escape(name),
        };
        format!("postgres://{authority}@{host}:{}/{}?{query}", self.port, escape(self.name)).into()
    }

    /// Whole seconds, at least one: 0 would be no limit.
    fn timeout(&self) -> String {
        self.connect_timeout.as_secs().max(1).to_string()
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |out, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            out + &char::from(byte).to_string()
        }
        _ => format!("{out}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dsn<'a>(host: &'a str, password: &'a SecretString) -> Dsn<'a> {
        Dsn {
            host,
            port: 5432,
            user: "wise",
            password,
            name: "wise",
            sslmode: SslMode::Require,
            roots: None,
            connect_timeout: Duration::from_millis(2500),
        }
    }

    #[test]
    fn strings_are_quoted_and_escaped() {
        let password = SecretString::from(r"it's a \ p@ss/w?rd é");
        insta::assert_snapshot!(dsn("db", &password).key_value().expose_secret(), @r"host='db' port='5432' user='wise' password='it\'s a \\ p@ss/w?rd é' dbname='wise' sslmode='require' connect_timeout='2'");
        insta::assert_snapshot!(dsn("db", &password).url().expose_secret(), @"postgres://wise:it%27s%20a%20%5C%20p%40ss%2Fw%3Frd%20%C3%A9@db:5432/wise?sslmode=require&connect_timeout=2");
    }

    #[test]
    fn authorities_are_named_where_certificates_are_checked() {
        let password = SecretString::from("x");
        let checked = Dsn { roots: Some("/etc/our ca.pem".into()), ..dsn("db", &password) };
        assert!(checked.key_value().expose_secret().ends_with(" sslrootcert='/etc/our ca.pem'"));
        assert!(checked.url().expose_secret().ends_with("&sslrootcert=%2Fetc%2Four%20ca.pem"));
    }

    #[test]
    fn hosts_of_every_kind_have_their_form() {
        let password = SecretString::from("x");
        for (host, written) in [
            ("/run/postgresql", "@%2Frun%2Fpostgresql:5432/"),
            ("::1", "@[::1]:5432/"),
            ("[::1]", "@[::1]:5432/"),
        ] {
            assert!(dsn(host, &password).url().expose_secret().contains(written), "{host}");
        }
    }
}
