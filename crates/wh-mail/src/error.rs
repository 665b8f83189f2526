//! Refusals before anything is sent.

/// Why a mailer did not start or did not take a mail. No message holds a user's address or a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// A setting cannot be used.
    #[error("the mail setting {setting} {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Not a valid e-mail address of the recipient. No mail was queued.
    #[error(
        "the recipient's e-mail address is not valid: it must be like name@example.org, with a domain and not an IP address"
    )]
    Recipient,
    /// The base URL of the revoke link cannot be used.
    #[error(
        "the base URL of the revoke link is not valid: write it like https://acme.dev, without user, query or fragment"
    )]
    BaseUrl,
    /// As many mails wait as the queue takes; try again later, or wait for room.
    #[error("the mail queue is full ({capacity} mails): try again later")]
    QueueFull {
        /// Mails that may wait.
        capacity: usize,
    },
    /// The mailer was shut down.
    #[error("the mailer is shut down and takes no more mail")]
    Closed,
    /// There is no Tokio runtime to send mail in.
    #[error(
        "the mailer was started outside of a Tokio runtime: start it inside the runtime that sends the mail"
    )]
    NoRuntime,
    /// The Tokio runtime in which the mailer was started has ended. Mails that waited are counted as left.
    #[error(
        "the Tokio runtime of the mailer has ended: start the mailer in a runtime that lives as long as the service"
    )]
    RuntimeEnded,
    /// The mail could not be put together. This is a bug.
    #[error("the mail could not be put together, please report it: {0}")]
    Compose(&'static str),
}

impl MailError {
    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting { setting, problem: problem.into() }
    }
}
