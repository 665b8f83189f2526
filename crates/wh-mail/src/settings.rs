//! How mail is sent, and in whose name.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use wh_types::SmtpTls;

/// Everything that a [`Mailer`](crate::Mailer) needs to know (`Config` of the reference, and what it left to defaults).
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Where mail goes.
    pub transport: Transport,
    /// The sender, as `Acme <no-reply@acme.dev>` or as an address alone, which then goes by the name of the platform.
    pub from: String,
    /// The name of the platform.
    pub platform_name: String,
    /// The domain of the platform: Message-ID and List-Id are under it, and the mail server is greeted with it.
    pub domain: String,
    /// Where users find help; answers go there.
    pub support_address: Option<String>,
    /// Most mails that may wait, those included that are on their way or will be tried again. 256 unless told.
    pub queue_capacity: usize,
    /// When a mail is tried again.
    pub retry: Retry,
}

impl MailSettings {
    /// With the usual queue and retries.
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

/// Where mail goes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Transport {
    /// To a mail server. No mail is sent unless host, account and password are all set.
    Smtp(SmtpSettings),
    /// Into `.eml` files of this folder, which only their owner can read. For development: whole mails, tokens included.
    Folder(PathBuf),
    /// Into the log: subject and Message-ID, never the text. For development.
    Log,
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Its host name; its certificate must be for this name.
    pub host: String,
    /// Its TCP port. 587 unless told.
    pub port: u16,
    /// The account to sign in with.
    pub account: String,
    /// The password of that account.
    pub password: SecretString,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Certificates of authorities to trust beside those of the system, as PEM: for a mail server with a private one.
    pub authorities: Option<String>,
    /// Most connections at a time. 2 unless told.
    pub connections: usize,
    /// Longest time to connect, the greeting and the TLS handshake included. 15 s unless told.
    pub connect_timeout: Duration,
    /// Longest time for the answer to one command. 30 s unless told.
    pub command_timeout: Duration,
    /// Longest time from the end of a mail to the server's word for it. 2 min unless told: to give up too early sends twice.
    pub data_timeout: Duration,
    /// How long a connection without work is kept. 30 s unless told.
    pub idle_timeout: Duration,
}

impl SmtpSettings {
    /// Port 587 with STARTTLS, and the usual time-outs (`Host`, `Account`, `Password` of the reference).
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

/// When a mail is tried again after a temporary refusal (4xx) or a broken connection.
///
/// Each pause is twice the one before it, and a random part of up to a half is taken off, so that the mails of an outage do
/// not all come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The first pause. 5 s unless told.
    pub first_pause: Duration,
    /// The longest pause. 15 min unless told, which is long enough for greylisting.
    pub longest_pause: Duration,
    /// Most attempts. 20 unless told.
    pub attempts: u32,
    /// The age at which a mail is given up. 4 h unless told: an alert that comes later helps nobody.
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
