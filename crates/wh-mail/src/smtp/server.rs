//! The checked settings of the mail server.

use std::{fmt, net::IpAddr};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
    extension::ClientId,
};
use secrecy::ExposeSecret;
use wh_types::Host;

use crate::{MailError, SmtpSettings, SmtpTls};

pub(super) struct Server {
    pub(super) settings: SmtpSettings,
    pub(super) hello: ClientId,
    pub(super) credentials: Credentials,
    /// None for clear text.
    pub(super) tls: Option<TlsParameters>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SmtpSettings { host, port, tls, .. } = &self.settings;
        write!(f, "{host}:{port} ({tls:?})")
    }
}

impl Server {
    /// Checks the settings, and loads the authorities of the system and of the settings.
    pub(super) fn new(settings: SmtpSettings, hello: &str) -> Result<Self, MailError> {
        if let Err(fault) = Host::parse(&settings.host) {
            return Err(MailError::setting("smtp host", format!("cannot be used: {fault}")));
        }
        if settings.tls == SmtpTls::None && !names_this_machine(&settings.host) {
            let problem = "`none` sends the password in clear text, which is allowed to localhost only: \
                           use starttls or implicit";
            return Err(MailError::setting("smtp tls", problem));
        }
        let tls = (settings.tls != SmtpTls::None).then(|| tls(&settings)).transpose()?;
        let password = settings.password.expose_secret().to_owned();
        let credentials = Credentials::new(settings.account.clone(), password);
        Ok(Self { hello: ClientId::Domain(hello.to_owned()), credentials, tls, settings })
    }
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authorities {
        let fault = || MailError::setting("smtp authorities", "holds no certificate in PEM that can be read");
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(fault());
        }
        let authorities = Certificate::from_pem(pem.as_bytes()).map_err(|_| fault())?;
        builder = builder.add_root_certificate(authorities);
    }
    let fault = |error| MailError::setting("smtp tls", format!("cannot be set up: {error}"));
    builder.build().map_err(fault)
}

fn names_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
