//! From the configuration of a service to that of its mailer.

use std::fs;

use secrecy::SecretString;
use wh_config::{Config, MailTransport};
use wh_mail::{MailError, MailSettings, SmtpSettings, SmtpTls, Transport};

/// What a configuration says of mail, in its sections `smtp` and `platform`. The mailer that is started with it is off where
/// host, account or password of the mail server is missing.
///
/// # Errors
/// [`MailError::Setting`] for a `smtp.ca_file` that cannot be read.
pub fn mail_settings(config: &Config) -> Result<MailSettings, MailError> {
    let (smtp, platform) = (&config.smtp, &config.platform);
    let transport = match smtp.transport {
        MailTransport::Folder => Transport::Folder(smtp.folder.clone().unwrap_or_default()),
        MailTransport::Log => Transport::Log,
        _ => Transport::Smtp(server(config)?),
    };
    // The transports for development need no account.
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
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let password = smtp.password.clone().unwrap_or_else(|| SecretString::from(""));
    Ok(SmtpSettings {
        port: smtp.port,
        tls: match smtp.tls_mode {
            wh_config::SmtpTls::Implicit => SmtpTls::Implicit,
            wh_config::SmtpTls::None => SmtpTls::None,
            _ => SmtpTls::StartTls,
        },
        authorities: authorities.transpose()?,
        ..SmtpSettings::new(text(&smtp.host), text(&smtp.account), password)
    })
}
