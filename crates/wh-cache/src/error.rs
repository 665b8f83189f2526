//! Errors of settings.

use std::path::PathBuf;

/// Invalid settings. A server that cannot be reached is not an error.
///
/// No message shows a URL: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The URL begins with something else than the scheme of a Redis.
    #[error(
        "the URL of the Redis begins with {found}, which is not one of redis, rediss, valkey and valkeys, alone or followed by \
         -cluster or -sentinel: write it like redis://user:password@host:6379/0"
    )]
    Scheme {
        /// The scheme, in quotes, or `no scheme`.
        found: String,
    },

    /// The URL cannot be read.
    #[error("the URL of the Redis cannot be used: {problem}")]
    Url {
        /// What is wrong with it, and what would be right.
        problem: &'static str,
    },

    /// There is nothing to verify the server's certificate with.
    #[error("{place} cannot be used to verify the certificate of the Redis: {problem}")]
    Authorities {
        /// The file of authorities, or the system's store.
        place: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}
