//! The closed vocabularies of the configuration.

use std::fmt;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every word, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that a configuration says.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

words! {
    /// How the connection to Postgres is protected; each word means what libpq says it means.
    SslMode {
        /// Never TLS.
        Disable = "disable",
        /// TLS where the server offers it, unverified.
        Prefer = "prefer",
        /// TLS, unverified.
        Require = "require",
        /// TLS with a certificate from a known authority.
        VerifyCa = "verify-ca",
        /// TLS with a certificate from a known authority for this very host.
        VerifyFull = "verify-full",
    }

    /// In which form secrets are encrypted where both are possible.
    StoredForm {
        /// `v1:`, which the original reads too.
        V1 = "v1",
        /// `v2:`, bound to table, column and row.
        V2 = "v2",
    }

    /// How much is logged.
    LogLevel {
        /// Everything.
        Trace = "trace",
        /// What helps to find a fault.
        Debug = "debug",
        /// What happens.
        Info = "info",
        /// What should not happen.
        Warn = "warn",
        /// What went wrong.
        Error = "error",
    }

    /// How a log line is written.
    LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }

    /// How the connection to the mail server is protected.
    SmtpTls {
        /// Plain at first, TLS before anything is said.
        StartTls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        /// Never TLS: for a mail server on the same machine.
        None = "none",
    }

    /// Where mail goes.
    MailTransport {
        /// To the mail server.
        Smtp = "smtp",
        /// Into files of a folder, for development.
        Folder = "folder",
        /// Into the log, without its text, for development.
        Log = "log",
    }
}
