//! Settings of the mailer.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use wh_types::SmtpTls;

/// Settings of a [`Mailer`](crate::Mailer).
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The transport.
    pub transport: Transport,
    /// The sender: `Acme <no-reply@acme.dev>`, or an address alone, which gets the platform's name.
    pub from: String,
    /// The name of the platform.
    pub platform_name: String,
    /// The domain of the platform. Used in Message-ID, List-Id and EHLO.
    pub domain: String,
    /// Support address, shown in the mail and used as Reply-To.
    pub support_address: Option<String>,
    /// Maximum number of mails in the queue, those on their way and those between attempts included. Default 256.
    pub queue_capacity: usize,
    /// Limits of retries.
    pub retry: Retry,
}

impl MailSettings {
    /// Settings with the default queue and retries.
    #[must_use]
    pub fn new(
        transport: Transport,
        from: impl Into<String>,
        platform_name: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        Self {
            transport,
            from: from.into(),
            platform_name: platform_name.into(),
            domain: domain.into(),
            support_address: None,
            queue_capacity: 256,
            retry: Retry::default(),
        }
    }
}

/// Destination of mail.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Transport {
    /// A mail server. No mail is sent unless host, account and password are all set.
    Smtp(SmtpSettings),
    /// `.eml` files in this folder, readable by their owner only. For development: they hold whole mails, tokens included.
    Folder(PathBuf),
    /// The log: subject and Message-ID, never the text. For development.
    Log,
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name. The certificate must be for this name.
    pub host: String,
    /// TCP port. Default 587.
    pub port: u16,
    /// The account to sign in with.
    pub account: String,
    /// The password of that account.
    pub password: SecretString,
    /// Protection of the connection.
    pub tls: SmtpTls,
    /// Certificates of further trusted authorities, in PEM. Those of the system are always trusted.
    pub authorities: Option<String>,
    /// Maximum number of connections. Default 2.
    pub connections: usize,
    /// Time limit of connecting, greeting and TLS handshake included. Default 15 seconds.
    pub connect_timeout: Duration,
    /// Time limit of the answer to one command. Default 30 seconds.
    pub command_timeout: Duration,
    /// Time limit of the answer to a whole mail. Default 2 minutes. If it is too short, mails are sent twice.
    pub data_timeout: Duration,
    /// Time after which an idle connection is closed. Default 30 seconds.
    pub idle_timeout: Duration,
}

impl SmtpSettings {
    /// Settings for port 587 with STARTTLS and the default time limits.
    #[must_use]
    pub fn new(host: impl Into<String>, account: impl Into<String>, password: SecretString) -> Self {
        Self {
            host: host.into(),
            port: 587,
            account: account.into(),
            password,
            tls: SmtpTls::StartTls,
            authorities: None,
            connections: 2,
            connect_timeout: Duration::from_secs(15),
            command_timeout: Duration::from_secs(30),
            data_timeout: Duration::from_mins(2),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Limits of retries after a temporary refusal (4xx) or a broken connection.
///
/// Exponential backoff with jitter: each pause is between half and all of its nominal length, which doubles. So the mails of an
/// outage do not return all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Nominal length of the first pause. Default 5 seconds.
    pub first_pause: Duration,
    /// Nominal length of the longest pause. Default 15 minutes, which is long enough for greylisting.
    pub longest_pause: Duration,
    /// Maximum number of attempts. Default 20.
    pub attempts: u32,
    /// Maximum age of a mail that is tried again. Default 4 hours: a later alert does not help.
    pub give_up_after: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_mins(15),
            attempts: 20,
            give_up_after: Duration::from_hours(4),
        }
    }
}
