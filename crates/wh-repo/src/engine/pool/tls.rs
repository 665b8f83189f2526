//! What each `sslmode` verifies, on rustls.

mod watch;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

pub(super) use self::watch::{TlsStream, Watched};
pub(super) use self::words::advice;
use super::dsn::{RootCertificates, SslMode};

/// Builds the client side of TLS for one mode. Reads certificate files, so it belongs to start-up.
pub(super) fn client_config(mode: SslMode, roots: Option<&RootCertificates>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let lenient = |roots| {
        builder
            .clone()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Lenient { roots, provider: Arc::clone(&provider) }))
            .with_no_client_auth()
    };
    Ok(match mode {
        SslMode::Disable => lenient(None),
        // As libpq: whoever has a root certificate gets its chain verified.
        SslMode::Prefer | SslMode::Require => lenient(match roots {
            Some(roots) => Some(authorities(roots)?),
            None => default_file().as_deref().map(authorities_of).transpose()?,
        }),
        SslMode::VerifyCa => lenient(Some(demanded(roots)?)),
        SslMode::VerifyFull => builder.with_root_certificates(demanded(roots)?).with_no_client_auth(),
    })
}

fn demanded(roots: Option<&RootCertificates>) -> Result<RootCertStore, String> {
    match (roots, default_file()) {
        (Some(roots), _) => authorities(roots),
        (None, Some(path)) => authorities_of(&path),
        (None, None) => {
            Err("this sslmode verifies the server: name its authority with sslrootcert=FILE; or use \
                             verify-full with sslrootcert=system, for those that the operating system trusts"
                .to_owned())
        }
    }
}

fn authorities(roots: &RootCertificates) -> Result<RootCertStore, String> {
    match roots {
        RootCertificates::System => system_authorities(),
        RootCertificates::File(path) => authorities_of(path),
    }
}

/// Where libpq looks when nothing is said, if there is such a file.
fn default_file() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".postgresql/root.crt")).filter(|path| path.exists())
}

fn system_authorities() -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 { Err("the operating system has no certificate authorities".to_owned()) } else { Ok(store) }
}

fn authorities_of(path: &Path) -> Result<RootCertStore, String> {
    let unreadable = |reason: String| format!("sslrootcert {}: {reason}", path.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        store.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if store.is_empty() { Err(unreadable("holds no certificate in PEM form".to_owned())) } else { Ok(store) }
}

/// Verifies less than rustls would: the chain without the name, or without roots only that the server holds the key of the
/// certificate it shows.
#[derive(Debug)]
struct Lenient {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            rustls::client::verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(end_entity)?,
                roots,
                intermediates,
                now,
                self.provider.signature_verification_algorithms.all,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
