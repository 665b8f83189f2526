//! What can go wrong while a stack is brought up.

use std::{io, path::PathBuf};

/// Why no stack could be had. Every message ends with what would repair it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// No server program was found, and none could be fetched.
    #[error("no {server} could be had.\n{tried}\nTo repair it: {repair}")]
    NotFound {
        /// What was looked for, with the oldest version that is good enough.
        server: &'static str,
        /// What was tried and how each attempt ended, one a line.
        tried: String,
        /// The one command or setting that helps on this system.
        repair: String,
    },

    /// A setting of the environment names something that cannot be used.
    #[error("{variable} is `{value}`, but {problem}")]
    Setting {
        /// The environment variable.
        variable: &'static str,
        /// Its value, without any password.
        value: String,
        /// What is wrong, and what would be right.
        problem: String,
    },

    /// A server that was named does not answer, or does not let us in.
    #[error(
        "cannot use the {server} at {address}, which {origin} names: {cause}.\nTo repair it: {}",
        repair(origin)
    )]
    Unreachable {
        /// Postgres or Redis.
        server: &'static str,
        /// The host and port that were tried.
        address: String,
        /// Where the address came from.
        origin: String,
        /// What the attempt ended with.
        cause: String,
    },

    /// A server was started and ended, or did not answer in time.
    #[error("{program} failed: {problem}.\nThe end of its log:\n{log}")]
    DidNotStart {
        /// The program that was started.
        program: String,
        /// Whether it ended or stayed silent, and after how long.
        problem: String,
        /// The last lines of its log.
        log: String,
    },

    /// The server program was built without TLS.
    #[error(
        "{program} was built without TLS. To repair it: set PG_BIN to a Postgres 15 or newer with OpenSSL"
    )]
    NoTls {
        /// The program that was started.
        program: String,
    },

    /// A fetched file is not the one that is pinned.
    #[error(
        "{file} has the sha256 {found}, but {wanted} is pinned. It was not unpacked. \
         To repair it: fetch it again, and distrust the index that it came from if it stays like this"
    )]
    WrongHash {
        /// The file's name.
        file: String,
        /// The hash it has.
        found: String,
        /// The hash it should have.
        wanted: &'static str,
    },

    /// A file or process could not be worked with.
    #[error("could not {action} {path}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file, folder or program.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// What helps against an address that does not answer, by where it came from.
fn repair(origin: &str) -> String {
    let own = match origin {
        "DATABASE_URL" | "REDIS_URL" => ", or unset it: a private server is used then",
        _ => "",
    };
    format!("start that server, or correct {origin}{own}")
}

/// The result of everything in this module.
pub type Result<T, E = StackError> = std::result::Result<T, E>;

/// Turns an [`io::Error`] into [`StackError::Io`], saying what was done to which path.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| StackError::Io { action, path: path.into(), source })
    }
}
