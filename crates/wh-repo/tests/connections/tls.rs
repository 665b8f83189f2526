//! TLS, with libpq's meaning of each `sslmode`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use diesel_async::RunQueryDsl;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use wh_repo::{ConnectError, Connector, DatabaseSettings};
use wh_testkit::stack::{Stack, StackError};

/// Connects, and says whether the connection is encrypted.
async fn encrypted(url: &str) -> Result<bool, ConnectError> {
    let connector = Connector::new(DatabaseSettings::new(SecretString::from(url)))?;
    let mut connection = connector.connect().await?;
    let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(diesel::dsl::sql::<diesel::sql_types::Bool>(asked).get_result(&mut connection).await.unwrap())
}

/// The stack's server under another name and with other options.
fn url(stack: &Stack, host: &str, options: &[(&str, &str)]) -> String {
    let config: tokio_postgres::Config = stack.database_url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    let mut url = format!(
        "host={host} hostaddr=127.0.0.1 port={} user={} password='{password}' dbname=postgres",
        config.get_ports().first().unwrap(),
        config.get_user().unwrap()
    );
    for (name, value) in options {
        write!(url, " {name}='{value}'").unwrap();
    }
    url
}

async fn start(builder: wh_testkit::stack::StackBuilder) -> Result<Stack, StackError> {
    tokio::task::spawn_blocking(move || builder.start()).await.unwrap()
}

#[tokio::test]
async fn each_mode_protects_as_much_as_libpq_says() {
    let stack = match start(Stack::builder().tls()).await {
        Ok(stack) => stack,
        Err(StackError::NoTls { .. }) => return eprintln!("left out: this Postgres was built without TLS"),
        Err(error) => unreachable!("{error}"),
    };
    let ours = stack.certificate_authority().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let stranger = folder.path().join("stranger.pem");
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&stranger, certificate.cert.pem()).unwrap();

    let connects = async |mode: &str, host: &str, roots: Option<&Path>| {
        let roots = roots.map(|path| path.display().to_string());
        let mut options = vec![("sslmode", mode)];
        options.extend(roots.as_deref().map(|roots| ("sslrootcert", roots)));
        encrypted(&url(&stack, host, &options)).await
    };

    assert!(!connects("disable", "localhost", None).await.unwrap());
    for (mode, host, roots) in [
        ("prefer", "elsewhere.example", None),
        ("require", "elsewhere.example", None),
        ("require", "elsewhere.example", Some(ours.as_path())),
        ("verify-ca", "elsewhere.example", Some(&ours)),
        ("verify-full", "localhost", Some(&ours)),
    ] {
        assert!(connects(mode, host, roots).await.unwrap(), "{mode} {host}");
    }
    for (mode, host, roots, said) in [
        ("require", "localhost", stranger.as_path(), "UnknownIssuer"),
        ("verify-ca", "localhost", &stranger, "UnknownIssuer"),
        ("verify-full", "localhost", &stranger, "UnknownIssuer"),
        ("verify-full", "elsewhere.example", &ours, "not valid for"),
    ] {
        let error = connects(mode, host, Some(roots)).await.unwrap_err().to_string();
        assert!(error.contains(said), "{mode} {host}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_fine_for_prefer_and_refused_by_require() {
    let stack = start(Stack::builder().private()).await.unwrap();
    assert!(!encrypted(&url(&stack, "localhost", &[("sslmode", "prefer")])).await.unwrap());
    let error =
        encrypted(&url(&stack, "localhost", &[("sslmode", "require")])).await.unwrap_err().to_string();
    assert!(error.contains("server does not support TLS"), "{error}");
}

/// Connects as psql does, and says whether the connection is encrypted; `None` if it does not connect.
fn by_psql(url: &str) -> Option<bool> {
    let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let output = Command::new("psql").args(["-X", "-A", "-t", "-c", asked, url]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| text.trim() == "t")
}

#[tokio::test]
async fn each_mode_with_each_root_certificate_comes_to_what_psql_comes_to() {
    let stack = match start(Stack::builder().tls()).await {
        Ok(stack) => stack,
        Err(StackError::NoTls { .. }) => return eprintln!("left out: this Postgres was built without TLS"),
        Err(error) => unreachable!("{error}"),
    };
    let probe = url(&stack, "localhost", &[("sslmode", "require")]);
    if !Command::new("psql").arg("--version").output().is_ok_and(|output| output.status.success())
        || by_psql(&probe) != Some(true)
    {
        return eprintln!("left out: there is no psql with TLS on this machine");
    }
    let ours = stack.certificate_authority().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let stranger = folder.path().join("stranger.pem");
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&stranger, certificate.cert.pem()).unwrap();
    for mode in ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] {
        // psql takes `allow` literally, and begins without TLS.
        let ours_for = if mode == "allow" { "disable" } else { mode };
        for host in ["localhost", "elsewhere.example"] {
            for roots in [None, Some(&ours), Some(&stranger)] {
                let roots = roots.map(|path| path.display().to_string());
                let with = |mode| {
                    let mut options = vec![("sslmode", mode)];
                    options.extend(roots.as_deref().map(|roots| ("sslrootcert", roots)));
                    url(&stack, host, &options)
                };
                let (psql, we) = (by_psql(&with(mode)), encrypted(&with(ours_for)).await);
                assert_eq!(we.as_ref().ok(), psql.as_ref(), "{mode} {host} {roots:?}: {we:?}");
            }
        }
    }
}

/// `openssl x509 -req` without extensions makes version 1.
const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBIzCBywIUUMDFS5ReiryRNnwn5pUfY5/xgqEwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTAzMTE1MVoYDzIxMjYxMTAxMDMxMTUx
WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASWXlMX6N2ObbYF2PDWfoJcb436WljpfWf0PFthjNPwgmaYMpCEHjCCunK+MWzu
LN6i60rPy9JCSWegN2bbJRJJMAoGCCqGSM49BAMCA0cAMEQCIB5SN1DUCin73Lbo
irw5+dZHmdo+qHYTLQ4DQbA15g/kAiBAUcs2YQrPC08ZfkhYurKJwWDGEDfNRJRG
YUV5v2EJAA==
-----END CERTIFICATE-----
";

const ITS_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEq5jyeYGVI3mxEq7
kzVkNfOdD/EVeRiVyZoIqS/TnDGhRANCAASWXlMX6N2ObbYF2PDWfoJcb436Wljp
fWf0PFthjNPwgmaYMpCEHjCCunK+MWzuLN6i60rPy9JCSWegN2bbJRJJ
-----END PRIVATE KEY-----
";

/// Shows one certificate, whatever rustls thinks of it.
#[derive(Debug)]
struct Shows(Arc<rustls::sign::CertifiedKey>);

impl rustls::server::ResolvesServerCert for Shows {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A server that agrees to TLS and shows this certificate.
async fn server_with(certificate: &str, key: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let provider = rustls::crypto::ring::default_provider();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let shows = Shows(Arc::new(rustls::sign::CertifiedKey::new(vec![certificate], key)));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shows));
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            if stream.read_exact(&mut request).await.is_ok() && stream.write_all(b"S").await.is_ok() {
                drop(acceptor.accept(stream).await);
            }
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_says_what_would_do() {
    let port = server_with(VERSION_1, ITS_KEY).await;
    let address =
        format!("host=localhost hostaddr=127.0.0.1 port={port} user=ada dbname=shop sslmode=require");
    let error = encrypted(&address).await.unwrap_err().to_string();
    assert!(error.contains("X.509 version 1, and version 3 is needed"), "{error}");

    let stack = match start(Stack::builder().tls()).await {
        Ok(stack) => stack,
        Err(StackError::NoTls { .. }) => return eprintln!("left out: this Postgres was built without TLS"),
        Err(error) => unreachable!("{error}"),
    };
    let roots = stack.certificate_authority().unwrap().display().to_string();
    let full = [("sslmode", "verify-full"), ("sslrootcert", roots.as_str())];
    let error = encrypted(&url(&stack, "elsewhere.example", &full)).await.unwrap_err().to_string();
    assert!(error.contains("is for other names: connect by one of them"), "{error}");
}

#[tokio::test]
async fn the_systems_authorities_need_verify_full_before_anything_is_sent() {
    for mode in ["disable", "prefer", "require", "verify-ca"] {
        let url = format!("host=127.0.0.1 port=1 user=ada dbname=shop sslmode={mode} sslrootcert=system");
        let error = Connector::new(DatabaseSettings::new(url.into())).unwrap_err();
        assert!(matches!(error, ConnectError::Settings(_)));
        let said =
            format!("weak sslmode \"{mode}\" may not be used with sslrootcert=system (use \"verify-full\")");
        assert!(error.to_string().contains(&said), "{error}");
    }
}
