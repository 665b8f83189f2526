//! The closed vocabularies of the configuration and its readers.

use crate::Vocabulary;
use crate::word::vocabularies;

vocabularies! {
    /// How the connection to Postgres is protected, with libpq's meaning of each word.
    SslMode("sslmode") {
        /// Never TLS.
        Disable = "disable",
        /// TLS if the server offers it, unverified; else clear text.
        Prefer = "prefer",
        /// TLS. The certificate is verified as for `verify-ca` if a file of authorities is named, else not at
        /// all.
        Require = "require",
        /// TLS with a certificate from one of the named authorities.
        VerifyCa = "verify-ca",
        /// TLS with a certificate from a trusted authority for this very host.
        VerifyFull = "verify-full",
    }

    /// Which servers a connection accepts, with libpq's meaning of each word.
    TargetSessionAttrs("kind of session") {
        /// Every server.
        Any = "any",
        /// Only a server that takes writes: the primary.
        ReadWrite = "read-write",
    }

    /// The form in which secrets are encrypted. Both are always read.
    StoredForm("stored form") {
        /// `v1:`, which the original reads too.
        V1 = "v1",
        /// `v2:`, bound to table, column and row, and naming its key.
        V2 = "v2",
    }

    /// How much is logged.
    LogLevel("log level") {
        /// Everything.
        Trace = "trace",
        /// Details that help to find a fault.
        Debug = "debug",
        /// Normal events.
        Info = "info",
        /// Events that should not happen.
        Warn = "warn",
        /// Failures.
        Error = "error",
    }

    /// How a log line is written.
    LogFormat("log format") {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }

    /// How the connection to the mail server is protected.
    SmtpTls("TLS mode") {
        /// Plain at first, TLS before anything is said; a server that does not offer it gets neither password
        /// nor mail.
        StartTls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        /// Never TLS. Only to a server on this machine: any other is refused.
        None = "none",
    }

    /// Where mail goes.
    MailTransport("mail transport") {
        /// To the mail server.
        Smtp = "smtp",
        /// Into files of a folder, for development.
        Folder = "folder",
        /// Into the log, without its text, for development.
        Log = "log",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro of vocabularies derives no default")]
impl Default for StoredForm {
    fn default() -> Self {
        Self::V1
    }
}

impl StoredForm {
    /// The form that a stored value claims by its prefix; none if it has no prefix.
    #[must_use]
    pub fn of(stored: &str) -> Option<Self> {
        let (prefix, _) = stored.split_once(':')?;
        Self::ALL.iter().copied().find(|form| form.as_str() == prefix)
    }
}
