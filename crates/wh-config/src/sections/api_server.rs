use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::section;
use crate::HttpUrl;
use crate::reader::Reader;

section! {
    /// The API server.
    ApiServer at "api_server" {
        /// Address to listen on.
        host: String, default "0.0.0.0";
        /// TCP port to listen on.
        port: u16, default "8080";
        /// Secret of at least 16 characters, from which all keys are derived. Random, and never changed without keeping
        /// the old one in `previous_secrets`.
        secret: SecretString, required "change-me-to-32-random-characters", credential "api_server_secret";
        /// Secrets of earlier times, at least 16 characters each: what was encrypted with them can still be read.
        previous_secrets: Vec<SecretString>, optional "[the-secret-before-this-one]";
        /// Certificate chain in PEM; together with `tls_key`.
        tls_cert: Option<PathBuf>, optional "/etc/wisehosting/tls.crt";
        /// Private key in PEM; together with `tls_cert`.
        tls_key: Option<PathBuf>, optional "/etc/wisehosting/tls.key";
        /// URL under which others reach this server; made of host, port and TLS if unset.
        base_url: Option<HttpUrl>, optional "https://api.acme.dev";
        /// Requests that one client may make in a window; 0 is unlimited.
        rate_limit: u32, default "120";
        /// Length of that window.
        rate_window: Duration, default "1m";
    }
}

/// The certificate chain and the private key of a TLS server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsFiles<'a> {
    /// Certificate chain in PEM.
    pub cert: &'a PathBuf,
    /// Private key in PEM.
    pub key: &'a PathBuf,
}

impl ApiServer {
    /// The least length of a secret in characters.
    pub const MIN_SECRET: usize = 16;

    /// The address to listen on, `host:port`, an IPv6 address in brackets (`APIServerAddr`).
    #[must_use]
    pub fn addr(&self) -> String {
        join(&self.host, self.port)
    }

    /// Certificate and key, where the server speaks TLS (`APIServerTLS`).
    #[must_use]
    pub fn tls(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles { cert: self.tls_cert.as_ref()?, key: self.tls_key.as_ref()? })
    }

    /// The URL under which others reach this server, without a slash at its end (`APIServerBaseURL`).
    #[must_use]
    pub fn base_url(&self) -> HttpUrl {
        self.base_url.clone().unwrap_or_else(|| {
            let scheme = if self.tls().is_some() { "https" } else { "http" };
            let host = if matches!(self.host.as_str(), "0.0.0.0" | "::" | "[::]" | "") {
                "localhost"
            } else {
                &self.host
            };
            HttpUrl::new(format!("{scheme}://{}", join(host, self.port)))
        })
    }

    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        let short = |secret: &SecretString| secret.expose_secret().chars().count() < Self::MIN_SECRET;
        if short(&self.secret) {
            reader.refuse(
                "api_server.secret",
                "is too short: at least 16 characters are needed, better 32 random ones",
            );
        }
        if let Some(index) = self.previous_secrets.iter().position(short) {
            let problem = format!(
                "holds a secret that is too short (number {}): each has at least 16 characters",
                index + 1
            );
            reader.refuse("api_server.previous_secrets", problem);
        }
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => reader.refuse("api_server.tls_cert", "is set without tls_key: TLS needs both"),
            (None, Some(_)) => reader.refuse("api_server.tls_key", "is set without tls_cert: TLS needs both"),
            _ => {}
        }
    }
}

fn join(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}
