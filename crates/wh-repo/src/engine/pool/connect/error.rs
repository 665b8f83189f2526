//! Why there is no connection.

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The settings cannot be used; trying again does not help.
    #[error("the database settings cannot be used: {0}")]
    Settings(String),

    /// No server could be reached, or each refused.
    #[error("cannot connect to {target}: {reason}")]
    Refused {
        /// The hosts, ports, database and user that were tried; never the password.
        target: String,
        /// The reason. If several addresses were tried: each address with its own.
        reason: String,
    },

    /// The server answers, but it, the role or a pooler is set up in a way that gives wrong results. An operator has to
    /// change it.
    #[error("{target} cannot be used: {problem}. {remedy}")]
    Unfit {
        /// The hosts, ports, database and user; never the password.
        target: String,
        /// The setting and its value.
        problem: String,
        /// The statements that mend it.
        remedy: String,
    },

    /// A pooled connection was closed by the server.
    #[error("the server closed the connection")]
    Closed,
}

/// Why one address was given up.
pub(super) enum Refusal {
    /// The next address may answer otherwise.
    Here(String),
    /// As [`Here`](Self::Here), and it took all the time that there is.
    Late(String),
    /// Every address would say the same.
    Everywhere(String),
    /// The database cannot be used, through whichever address.
    Unfit { problem: String, remedy: String },
}
