//! From settings to what the client library wants.

use std::{path::Path, sync::Arc};

use fred::types::{
    RespVersion,
    config::{Config, Server, ServerConfig, TlsConnector},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::ExposeSecret;

use super::settings::RedisSettings;
use crate::error::CacheError;

/// Reads the settings. The library itself would take any scheme for one server, and panic over some of its own set-ups of TLS.
pub(super) fn config(settings: &RedisSettings) -> Result<Config, CacheError> {
    let url = settings.url.expose_secret().trim();
    let (scheme, rest) = url.split_once("://").ok_or(CacheError::Scheme { found: "no scheme".to_owned() })?;
    let (tls, kind) = scheme_of(scheme)?;
    let unreadable = CacheError::Url {
        problem: match kind {
            Kind::One => "write it like redis://user:password@host:6379/0",
            Kind::Cluster => "write it like redis-cluster://user:password@host:6379?node=host2:6379",
            Kind::Sentinel => {
                "write it like redis-sentinel://user:password@host:26379/0?sentinelServiceName=main&node=host2:26379"
            }
        },
    };
    let mut config = Config::from_url(&format!("redis{}://{rest}", kind.suffix())).map_err(|_| unreadable)?;
    if kind == Kind::Cluster {
        let path = rest.split(['?', '#']).next().and_then(|before| before.split_once('/'));
        if path.is_some_and(|(_, path)| !matches!(path, "" | "0")) || settings.database.unwrap_or(0) != 0 {
            return Err(CacheError::Url { problem: "a cluster has no database but 0: leave the number out" });
        }
    } else if settings.database.is_some() {
        config.database = settings.database;
    }
    if let Some(username) = &settings.username {
        config.username = Some(username.clone());
    }
    if let Some(password) = &settings.password {
        config.password = Some(password.expose_secret().to_owned());
    }
    match &mut config.server {
        ServerConfig::Centralized { server } => unbracket(server),
        ServerConfig::Clustered { hosts, .. } | ServerConfig::Sentinel { hosts, .. } => {
            hosts.iter_mut().for_each(unbracket);
        }
    }
    config.version = RespVersion::RESP3;
    config.fail_fast = true;
    if tls {
        config.tls = Some(TlsConnector::from(client_config(settings.authorities.as_deref())?).into());
    }
    Ok(config)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    One,
    Cluster,
    Sentinel,
}

impl Kind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Cluster => "-cluster",
            Self::Sentinel => "-sentinel",
        }
    }
}

/// Whether the scheme asks for TLS, and what stands behind it.
fn scheme_of(scheme: &str) -> Result<(bool, Kind), CacheError> {
    let lower = scheme.to_ascii_lowercase();
    let (family, kind) = match lower.split_once('-') {
        None => (lower.as_str(), Some(Kind::One)),
        Some((family, "cluster")) => (family, Some(Kind::Cluster)),
        Some((family, "sentinel")) => (family, Some(Kind::Sentinel)),
        Some((family, _)) => (family, None),
    };
    match (family, kind) {
        ("redis" | "valkey", Some(kind)) => Ok((false, kind)),
        ("rediss" | "valkeys", Some(kind)) => Ok((true, kind)),
        _ => {
            // Somebody may have left the scheme away, so that a password stands here.
            let plain =
                scheme.len() <= 20 && scheme.chars().all(|c| c.is_ascii_alphabetic() || "+-.".contains(c));
            let found = if plain { format!("\"{scheme}\"") } else { "no scheme".to_owned() };
            Err(CacheError::Scheme { found })
        }
    }
}

/// An IPv6 address stands in brackets in a URL, and without them everywhere else.
fn unbracket(server: &mut Server) {
    let bare = server.host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::to_owned);
    if let Some(bare) = bare {
        server.host = bare.into();
    }
}

fn client_config(authorities: Option<&Path>) -> Result<ClientConfig, CacheError> {
    let place = authorities.unwrap_or(Path::new("the system's store of authorities"));
    let unusable = |problem: String| CacheError::Authorities { place: place.to_path_buf(), problem };
    let mut roots = RootCertStore::empty();
    if let Some(path) = authorities {
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))? {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
