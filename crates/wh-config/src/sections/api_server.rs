use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use wh_types::{Host, HttpUrl};

use super::section;
use crate::reader::Reader;
use crate::shape::Shape;

section! {
    /// The API server.
    ApiServer at "api_server" checked {
        /// Address to listen on.
        host: Host, default "0.0.0.0";
        /// TCP port to listen on.
        port: u16, default "8080";
        /// Secret of at least 16 characters, from which all keys are derived. Random, and never changed
        /// without keeping the old one in `previous_secrets`.
        secret: SecretString as Shape::Secret { min: ApiServer::MIN_SECRET }, required "change-me-to-32-random-characters", credential "api_server_secret";
        /// Earlier secrets, at least 16 characters each: data that was encrypted with them can still be read.
        /// One a line in the credential.
        previous_secrets: Vec<SecretString> as Shape::Secret { min: ApiServer::MIN_SECRET }, optional "[change-me-to-the-secret-before-this-one]", credential "api_server_previous_secrets";
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
        format!("{}:{}", self.host.in_url(), self.port)
    }

    /// Certificate and key, if the server speaks TLS (`APIServerTLS`).
    #[must_use]
    pub fn tls(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles { cert: self.tls_cert.as_ref()?, key: self.tls_key.as_ref()? })
    }

    /// The URL under which others reach this server, without a slash at its end (`APIServerBaseURL`).
    #[must_use]
    pub fn base_url(&self) -> HttpUrl {
        self.base_url.clone().unwrap_or_else(|| {
            let everywhere = self.host.address().is_some_and(|address| address.is_unspecified());
            let host = if everywhere { Host::localhost() } else { self.host.clone() };
            HttpUrl::of_server(self.tls().is_some(), &host, self.port)
        })
    }

    fn checked(self, reader: &mut Reader<'_>) -> Self {
        let (cert, key) = ("api_server.tls_cert", "api_server.tls_key");
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => reader.refuse(cert, &[key], "is set without tls_key: TLS needs both"),
            (None, Some(_)) => reader.refuse(key, &[cert], "is set without tls_cert: TLS needs both"),
            _ => {}
        }
        self
    }
}
