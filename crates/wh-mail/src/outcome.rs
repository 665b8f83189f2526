//! Outcomes of mails.

use std::fmt;

use tokio::sync::oneshot;

/// The outcome of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The mail server, the folder or the log took it.
    Sent {
        /// Number of attempts, the last one included.
        attempts: u32,
    },
    /// Permanent failure. It is not tried again.
    Refused {
        /// Number of attempts.
        attempts: u32,
        /// Cause of the failure.
        cause: Cause,
    },
    /// Temporary failures until the attempts or the time were used up.
    GivenUp {
        /// Number of attempts.
        attempts: u32,
        /// Cause of the last failure.
        cause: Cause,
    },
    /// The mailer ended first. The mail may have arrived all the same if its last attempt was cut off.
    NotSent,
    /// Mail is switched off.
    Disabled,
}

/// Cause of a failed attempt. It holds no text of the server, because servers quote addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The server answered with a code of 4xx or 5xx to this command.
    Answer {
        /// The command.
        step: Step,
        /// The code.
        code: u16,
    },
    /// No answer came in time.
    TimedOut(Step),
    /// The connection broke or could not be made.
    Connection(Step),
    /// The server's certificate is not for its host name or not from a trusted authority.
    Certificate,
    /// The server does not offer STARTTLS. It got neither password nor mail.
    NoTls,
    /// The server offers neither AUTH PLAIN nor AUTH LOGIN.
    NoAuthentication,
    /// The address has letters outside ASCII before the `@`, and the server does not offer SMTPUTF8.
    NoUnicodeAddresses,
    /// The server is not on this machine, and the connection would have been in clear text.
    NotLoopback,
    /// The server's answer is not SMTP.
    Protocol(Step),
    /// The file could not be written.
    File,
}

/// A step of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Reaching the server, up to its greeting and its answer to EHLO.
    Connect,
    /// STARTTLS and the handshake.
    StartTls,
    /// Signing in.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The mail itself.
    Content,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "the mail",
        }
    }
}

impl Cause {
    /// True if the same mail may succeed later.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::Answer { code, .. } => code < 500,
            Self::TimedOut(_) | Self::Connection(_) | Self::Protocol(_) | Self::File => true,
            Self::Certificate
            | Self::NoTls
            | Self::NoAuthentication
            | Self::NoUnicodeAddresses
            | Self::NotLoopback => false,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { step, code } => {
                write!(f, "the mail server answered {} with {code}", step.as_str())
            }
            Self::TimedOut(step) => write!(f, "the mail server did not answer {} in time", step.as_str()),
            Self::Connection(step) => {
                write!(f, "the connection to the mail server failed at {}", step.as_str())
            }
            Self::Certificate => {
                f.write_str("the mail server's certificate is not trusted for its host name")
            }
            Self::NoTls => f.write_str("the mail server does not offer STARTTLS"),
            Self::NoAuthentication => f.write_str("the mail server offers neither AUTH PLAIN nor AUTH LOGIN"),
            Self::NoUnicodeAddresses => f.write_str(
                "the address has letters outside ASCII before the @, and the mail server does not offer SMTPUTF8",
            ),
            Self::NotLoopback => f.write_str("clear text is allowed to mail servers on this machine only: use starttls or implicit"),
            Self::Protocol(step) => write!(f, "the mail server's answer to {} is not SMTP", step.as_str()),
            Self::File => f.write_str("the file could not be written"),
        }
    }
}

/// Receipt of a mail in the queue. The mail is sent also if this is dropped.
#[derive(Debug)]
pub struct Receipt {
    pub(crate) message_id: Option<String>,
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

impl Receipt {
    /// The Message-ID with its angle brackets. None if mail is off.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Waits for the outcome, up to the limits of [`Retry`](crate::Retry).
    pub async fn outcome(self) -> Outcome {
        self.outcome.await.unwrap_or(Outcome::NotSent)
    }
}

/// Result of a shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Mails sent during the shutdown.
    pub sent: usize,
    /// Mails refused or given up during the shutdown.
    pub failed: usize,
    /// Mails that were never sent: cut off by the deadline, or by the end of the runtime.
    pub left: usize,
}
