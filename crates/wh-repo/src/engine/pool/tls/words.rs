//! What a TLS handshake failed at, in words that say what to do.

use std::io;

use rustls::CertificateError;

/// The advice for the first TLS fault in a chain of errors.
pub(in crate::engine::pool) fn advice(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| {
        // `io::Error` shows what it wraps by `get_ref`, and leaves it out of its sources.
        let fault = match error.downcast_ref::<io::Error>() {
            Some(wrapper) => wrapper.get_ref()?.downcast_ref::<rustls::Error>()?,
            None => error.downcast_ref::<rustls::Error>()?,
        };
        match fault {
            rustls::Error::InvalidCertificate(fault) => of_certificate(fault),
            _ => None,
        }
    })
}

fn of_certificate(fault: &CertificateError) -> Option<&'static str> {
    Some(match fault {
        CertificateError::UnknownIssuer => {
            "no authority of sslrootcert has signed the server's certificate: name the one that has"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired: renew it"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for other names: connect by one of them"
        }
        // The verifier's own kinds, which rustls hands on as they are.
        CertificateError::Other(other) => match format!("{other:?}") {
            kind if kind.contains("UnsupportedCertVersion") => {
                "the server's certificate is X.509 version 1, and version 3 is needed: issue it with extensions \
                 (openssl x509 -req -extfile …)"
            }
            kind if kind.contains("CaUsedAsEndEntity") => {
                "the server shows the certificate of an authority: issue one for the server itself, with \
                 basicConstraints = CA:FALSE"
            }
            _ => return None,
        },
        _ => return None,
    })
}
