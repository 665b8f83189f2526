//! TLS, with libpq's meaning of each `sslmode`.

use std::fmt::Write as _;
use std::path::Path;

use diesel_async::RunQueryDsl;
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
