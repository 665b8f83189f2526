//! A certificate authority for one test, and a server certificate for `localhost` signed by it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use super::{
    error::{Context, Result, StackError},
    guard::write_shared,
    user::User,
};

/// Where the certificates lie.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    server: PathBuf,
    key: PathBuf,
}

impl Certificates {
    pub(crate) fn postgres_settings(&self) -> String {
        let (server, key) = (self.server.display(), self.key.display());
        format!("ssl = on\nssl_cert_file = '{server}'\nssl_key_file = '{key}'\n")
    }
}

/// Makes both and writes them into `folder`. The server's certificate holds for `localhost`, `127.0.0.1` and `::1`.
pub(crate) fn make(folder: &Path, user: Option<User>) -> Result<Certificates> {
    let files = Certificates {
        authority: folder.join("authority.pem"),
        server: folder.join("server.pem"),
        key: folder.join("server.key"),
    };
    let (authority, server, key) = sign().map_err(|error| StackError::DidNotStart {
        program: "the certificate authority for tests".to_owned(),
        problem: error.to_string(),
        log: "  (it is part of this program)".to_owned(),
    })?;
    write_shared(&files.authority, authority)?;
    write_shared(&files.server, server)?;
    fs::write(&files.key, key).context("write", &files.key)?;
    // Postgres refuses a key that others may read.
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600))
        .context("change the mode of", &files.key)?;
    if let Some(user) = user {
        chown(&files.key, Some(user.uid), Some(user.gid)).context("give away", &files.key)?;
    }
    Ok(files)
}

/// The authority's certificate, the server's certificate and the server's key, as PEM.
fn sign() -> Result<(String, String, String), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "wh-testkit authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let key = KeyPair::generate()?;
    let server = params.signed_by(&key, &authority)?;
    Ok((authority.pem(), server.pem(), key.serialize_pem()))
}
