//! From the configuration of a service to that of its mailer.

use std::fs;

use secrecy::SecretString;
use wh_config::{Config, MailTransport};
use wh_mail::{MailError, MailSettings, SmtpSettings, Transport};

/// The settings of mail in a configuration: its sections `smtp` and `platform`. A mailer that is started with them is disabled if
/// host, account or password of the mail server is missing.
///
/// # Errors
/// [`MailError::Setting`] for a `smtp.ca_file` that cannot be read.
pub fn mail_settings(config: &Config) -> Result<MailSettings, MailError> {
    let (smtp, platform) = (&config.smtp, &config.platform);
    let transport = match smtp.transport {
        MailTransport::Folder => Transport::Folder(smtp.folder.clone().unwrap_or_default()),
        MailTransport::Log => Transport::Log,
        MailTransport::Smtp => Transport::Smtp(server(config)?),
    };
    // An account need not be an e-mail address, and the transports for development need none.
    let nobody = || format!("no-reply@{}", platform.domain);
    let from = smtp.sender().map_or_else(nobody, str::to_owned);
    Ok(MailSettings {
        support_address: platform.support_address.clone(),
        ..MailSettings::new(transport, from, &platform.name, &platform.domain)
    })
}

fn server(config: &Config) -> Result<SmtpSettings, MailError> {
    let smtp = &config.smtp;
    let authorities = smtp.ca_file.as_ref().map(|file| {
        let setting = "smtp.ca_file";
        fs::read_to_string(file).map_err(|error| MailError::Setting {
            setting,
            problem: format!("names {}, which cannot be read: {error}", file.display()),
        })
    });
    let host = smtp.host.as_ref().map(ToString::to_string).unwrap_or_default();
    let password = smtp.password.clone().unwrap_or_else(|| SecretString::from(""));
    Ok(SmtpSettings {
        port: smtp.port,
        tls: smtp.tls_mode,
        authorities: authorities.transpose()?,
        ..SmtpSettings::new(host, smtp.account.clone().unwrap_or_default(), password)
    })
}
