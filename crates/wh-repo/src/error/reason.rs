//! Why the database was unavailable.

/// Why an operation was [`Unavailable`](crate::Error::Unavailable).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No connection could be opened in time.
    #[error("{0}")]
    Unreachable(String),

    /// Every connection of the pool was in use all the time.
    #[error("all {connections} connections of the pool are in use")]
    PoolExhausted {
        /// How many there are.
        connections: u32,
    },

    /// The connection broke before the answer came.
    #[error("the connection was lost")]
    ConnectionLost,

    /// The server did not answer within `statement_timeout` and a little. The connection was closed.
    #[error("no answer from the server, the connection was closed")]
    NoAnswer,

    /// The server takes no writes: it is a standby, or `default_transaction_read_only` is on.
    #[error("the server is read-only")]
    ReadOnly,

    /// A lock was not granted within `lock_timeout`.
    #[error("canceled by the server: lock timeout")]
    LockTimeout,

    /// The statement ran longer than `statement_timeout`.
    #[error("canceled by the server: statement timeout")]
    StatementTimeout,

    /// Somebody cancelled the statement.
    #[error("canceled by the server on request")]
    Cancelled,

    /// The server ended a deadlock at this operation's cost.
    #[error("canceled by the server to end a deadlock")]
    Deadlock,

    /// A transaction that ran at the same time came first.
    #[error("another transaction came first")]
    Serialization,

    /// The server or a pooler said that it cannot serve just now.
    #[error("{0}")]
    Server(String),
}
