//! A certificate authority for one test, and a server certificate for `localhost` signed by it.

use std::{
    fmt, fs,
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
    let ServerCertificate { authority, certificate, key } =
        ServerCertificate::new(&["localhost", "127.0.0.1", "::1"])?;
    write_shared(&files.authority, authority)?;
    write_shared(&files.server, certificate)?;
    fs::write(&files.key, key).context("write", &files.key)?;
    // Postgres refuses a key that others may read.
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600))
        .context("change the mode of", &files.key)?;
    if let Some(user) = user {
        chown(&files.key, Some(user.uid), Some(user.gid)).context("give away", &files.key)?;
    }
    Ok(files)
}

/// A certificate of a server, and the authority to trust for it, as PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    /// The authority that signed it.
    pub authority: String,
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl ServerCertificate {
    /// A certificate for these names and addresses, signed by an authority of its own.
    ///
    /// # Errors
    /// [`StackError::DidNotStart`] for a name that a certificate cannot hold.
    pub fn new(names: &[&str]) -> Result<Self> {
        sign(names).map_err(|error| StackError::DidNotStart {
            program: "the certificate authority for tests".to_owned(),
            problem: error.to_string(),
            log: "  (it is part of this program)".to_owned(),
        })
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerCertificate")
    }
}

fn sign(names: &[&str]) -> Result<ServerCertificate, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "wh-testkit authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    let name = names.first().copied().unwrap_or("localhost");
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    let server = params.signed_by(&key, &authority)?;
    Ok(ServerCertificate { authority: authority.pem(), certificate: server.pem(), key: key.serialize_pem() })
}
