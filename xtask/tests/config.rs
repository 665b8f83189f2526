//! `cargo xtask config` as a process: how it ends when its output cannot be written.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use std::process::{Command, Stdio};

fn schema() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["config", "schema"]).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_has_gone_ends_the_schema_quietly_with_the_status_of_a_broken_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = schema().stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_panic() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = schema().stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.starts_with("error: could not write to standard output: ") && !told.contains("panicked"),
        "{told}"
    );
}
