//! What the commands print. A closed pipe or a full disk panics nowhere, so that servers are always stopped: it is remembered, and
//! decides how the command ends.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use super::failure::{Failure, Outcome};

/// The first fault of standard output in this process.
static FAULT: Mutex<Option<Failure>> = Mutex::new(None);

/// Prints a line of the answer that was asked for, to standard output.
macro_rules! answer {
    ($($text:tt)*) => { $crate::cli::output::answer(&format!($($text)*)) };
}

/// Prints a line about what happens, to standard error.
macro_rules! note {
    ($($text:tt)*) => { $crate::cli::output::note(&format!($($text)*)) };
}

/// A line to standard output. After the first fault nothing more is written.
pub fn answer(line: &str) {
    let mut fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner);
    if fault.is_none() {
        *fault = print(&format!("{line}\n")).err();
    }
}

/// A line to standard error. Where nobody can hear it, nobody can be told of that either.
pub fn note(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// The fault of standard output, if there was one.
fn fault() -> Option<Failure> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Says how a command went wrong, if it did, and gives the status that it ends with. A fault of standard output is one, too.
#[must_use]
pub fn conclude(outcome: Outcome) -> ExitCode {
    outcome.and_then(|code| fault().map_or(Ok(code), Err)).unwrap_or_else(|failure| {
        if !failure.is_quiet() {
            note(&format!("error: {failure}"));
        }
        failure.status()
    })
}

/// Writes a text to standard output, and sees it delivered.
///
/// # Errors
/// A quiet [`Failure`] with status 141 if the reader has gone (`| head -1`), else one that names the fault: a full disk.
pub fn print(text: &str) -> Outcome<()> {
    write_to(&mut io::stdout().lock(), text)
}

fn write_to(out: &mut impl Write, text: &str) -> Outcome<()> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::broken_pipe(),
        _ => Failure::new(format!("could not write to standard output: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that fails on its last step, as a buffered one does on a full disk.
    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            Ok(buffer.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_is_quiet_and_a_full_disk_is_an_error() {
        assert!(write_to(&mut Failing(io::ErrorKind::BrokenPipe), "x").unwrap_err().is_quiet());
        let full = write_to(&mut Failing(io::ErrorKind::StorageFull), "x").unwrap_err();
        assert!(!full.is_quiet() && full.to_string().contains("standard output"), "{full}");
        assert!(write_to(&mut Vec::new(), "x").is_ok());
    }
}
