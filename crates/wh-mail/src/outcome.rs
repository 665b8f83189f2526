//! How a mail ended.

use std::fmt;

use tokio::sync::oneshot;

/// How a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The mail server, the folder or the log has it.
    Sent {
        /// How many attempts it took, the last one included.
        attempts: u32,
    },
    /// It was refused for good, so it was not tried again.
    Refused {
        /// How many attempts were made.
        attempts: u32,
        /// Why.
        cause: Cause,
    },
    /// It was refused for the time being until its attempts or its time were used up.
    GivenUp {
        /// How many attempts were made.
        attempts: u32,
        /// Why the last one failed.
        cause: Cause,
    },
    /// The mailer ended first. It may still have arrived, if its last attempt was cut off.
    NotSent,
    /// Mail is switched off.
    Disabled,
}

/// Why an attempt failed. Holds nothing that the server wrote, because servers quote addresses.
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
    /// The connection broke, or none could be made.
    Connection(Step),
    /// The server's certificate is not for its host name, or from no authority that we trust.
    Certificate,
    /// The server offers no STARTTLS, so it got neither password nor mail.
    NoTls,
    /// The server offers neither AUTH PLAIN nor AUTH LOGIN.
    NoAuthentication,
    /// The address has letters outside ASCII before the `@`, and the server does not offer SMTPUTF8.
    NoUnicodeAddresses,
    /// The server is not on this machine, and the connection would have been in clear text.
    NotLoopback,
    /// What the server said is no SMTP.
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
    /// Whether the same mail may succeed later.
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
            Self::NoTls => f.write_str("the mail server offers no STARTTLS"),
            Self::NoAuthentication => f.write_str("the mail server offers neither AUTH PLAIN nor AUTH LOGIN"),
            Self::NoUnicodeAddresses => f.write_str(
                "the address has letters outside ASCII before the @, and the mail server does not offer SMTPUTF8",
            ),
            Self::NotLoopback => f.write_str("clear text is for mail servers on this machine only"),
            Self::Protocol(step) => write!(f, "the answer to {} is no SMTP", step.as_str()),
            Self::File => f.write_str("the file could not be written"),
        }
    }
}

/// A mail that was taken on. It is sent whether this is kept or dropped.
#[derive(Debug)]
pub struct Receipt {
    pub(crate) message_id: Option<String>,
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

impl Receipt {
    /// The Message-ID with its angle brackets; none where mail is switched off.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Waits for the end of the mail, which may take as long as [`Retry`](crate::Retry) allows.
    pub async fn outcome(self) -> Outcome {
        self.outcome.await.unwrap_or(Outcome::NotSent)
    }
}

/// What a shutdown left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Mails that were sent while it was shutting down.
    pub sent: usize,
    /// Mails that were refused or given up meanwhile.
    pub failed: usize,
    /// Mails that the deadline cut off.
    pub left: usize,
}
