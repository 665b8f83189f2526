//! Standard output of the commands: a closed pipe ends the command quietly, any other fault is an error.

use std::io::{self, Write};

use crate::failure::{Failure, Outcome};

/// Writes a text to standard output, and sees it delivered.
///
/// # Errors
/// A quiet [`Failure`] with status 141 if the reader has gone (`| head -1`), else one that names the fault: a full disk.
pub(crate) fn print(text: &str) -> Outcome<()> {
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
