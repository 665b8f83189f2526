//! The one error of the commands: what went wrong, and the command that repairs it, ready to be printed.

use std::{fmt, io, path::Path, process::ExitCode};

/// How every command ends.
pub(crate) type Outcome<T = ExitCode> = Result<T, Failure>;

/// A message for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A file or program that could not be worked with.
    pub(crate) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("could not {action} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<wh_stack::StackError> for Failure {
    fn from(error: wh_stack::StackError) -> Self {
        Self(error.to_string())
    }
}

impl From<wh_schema::migrations::MigrationError> for Failure {
    fn from(error: wh_schema::migrations::MigrationError) -> Self {
        Self(error.to_string())
    }
}
