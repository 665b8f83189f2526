//! The one error of the commands: what went wrong, and the command that repairs it, ready to be printed.

use std::{fmt, io, path::Path, process::ExitCode};

/// How every command ends.
pub type Outcome<T = ExitCode> = Result<T, Failure>;

/// A message for the person at the terminal, and the status that the command ends with.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: u8,
}

/// What a shell reports for a program that SIGPIPE ended: 128 and the number of the signal.
const BROKEN_PIPE: u8 = 128 + 13;

impl Failure {
    /// A failure with status 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// The reader of standard output has gone: nothing is left to say, and nobody to say it to.
    #[must_use]
    pub const fn broken_pipe() -> Self {
        Self { message: String::new(), status: BROKEN_PIPE }
    }

    /// True where no message is printed.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.message.is_empty()
    }

    /// The status that the command ends with.
    #[must_use]
    pub fn status(&self) -> ExitCode {
        ExitCode::from(self.status)
    }

    /// A file or program that could not be worked with.
    #[must_use]
    pub fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("could not {action} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
