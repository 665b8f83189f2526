//! What is refused before anything is sent.

/// Why a mailer did not start, or took no mail. No message holds an address of a user or a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// A setting cannot be used.
    #[error("the mail setting {setting} {problem}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The recipient's address is none.
    #[error("the user's e-mail address is not one that a mail can be sent to: no mail was queued")]
    Recipient,
    /// The base URL of the revoke link cannot be used.
    #[error(
        "the base URL of the revoke link must be like https://acme.dev, without query or fragment, and is not"
    )]
    BaseUrl,
    /// As many mails wait as may; try again later, or wait for room.
    #[error("{capacity} mails are waiting to be sent already, which is as many as may: try again later")]
    QueueFull {
        /// How many may wait.
        capacity: usize,
    },
    /// The mailer was shut down.
    #[error("the mailer was shut down and takes no more mail")]
    Closed,
    /// There is no Tokio runtime to send mail in.
    #[error(
        "the mailer was started outside of a Tokio runtime: start it within the one that is to send the mail"
    )]
    NoRuntime,
    /// The mail could not be put together, which is a bug.
    #[error("the mail could not be put together: {0}")]
    Compose(&'static str),
}

impl MailError {
    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting { setting, problem: problem.into() }
    }
}
