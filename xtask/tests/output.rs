//! Commands whose output cannot be written: a closed pipe, a full disk.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use std::{
    fs::File,
    process::{Command, Output, Stdio},
};

/// Commands that print an answer. The demo has a server, or a database, to remove.
const COMMANDS: &[&[&str]] = &[&["config", "schema"], &["doctor"], &["demo"]];

fn run(arguments: &[&str], output: impl Into<Stdio>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).stdout(output).stderr(Stdio::piped()).output().unwrap()
}

/// What it said on standard error; it must be no panic, and nothing that was left behind.
fn told(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked") && !told.contains("could not be dropped"), "{told}");
    told
}

#[test]
fn a_reader_that_has_gone_ends_a_command_quietly_with_the_status_of_a_broken_pipe() {
    for command in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(command, writer);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(141), "{command:?}: {told}");
        assert!(!told.contains("error:"), "{command:?}: {told}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_panic() {
    for command in COMMANDS {
        let output = run(command, File::options().write(true).open("/dev/full").unwrap());
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {told}");
        assert!(told.contains("error: could not write to standard output: "), "{command:?}: {told}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_under_standard_error_is_no_panic() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let status = command.args(["config", "check", "/nowhere"]).stderr(full).stdout(Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(1));
}
