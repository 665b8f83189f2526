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

/// `config check` in an empty folder, with nothing of this process' configuration.
fn check(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["config", "check"]).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let own = name.to_string_lossy().starts_with("WH_");
        if own || name == "CONFIG_PATH" || name == "CREDENTIALS_DIRECTORY" {
            command.env_remove(name);
        }
    }
    command
        .env("WH_DATABASE__PASSWORD", "x")
        .env("WH_API_SERVER__SECRET", "0123456789abcdef")
        .env("WH_CONTAINER__PORT_RANGE_START", "30000")
        .env("WH_CONTAINER__PORT_RANGE_END", "31000")
        .env("WH_PLATFORM__DOMAIN", "acme.dev");
    command
}

fn told(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_environment_alone_is_a_configuration_and_nothing_in_it_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (right, text) = told(&mut check(folder.path()));
    assert!(
        right && text.contains("the configuration is right: database wisehosting on localhost"),
        "{text}"
    );
    let (right, text) =
        told(check(folder.path()).env("WH_API_SERVER_PREVIOUS_SECRETS", "hunter2hunter2hunter2"));
    assert!(!right && text.contains("did you mean WH_API_SERVER__PREVIOUS_SECRETS?"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_one_fault() {
    let folder = tempfile::tempdir().unwrap();
    let missing = "has 1 fault:\n  config.yaml: could not be read: No such file or directory";
    std::os::unix::fs::symlink("nowhere", folder.path().join("config.yaml")).unwrap();
    let (right, text) = told(&mut check(folder.path()));
    assert!(!right && text.contains(missing), "{text}");
    let (right, text) =
        told(check(folder.path()).env("CONFIG_PATH", "elsewhere.yaml").env_remove("WH_PLATFORM__DOMAIN"));
    assert!(!right && text.contains("has 1 fault:\n  elsewhere.yaml: could not be read"), "{text}");
    let (right, text) =
        told(check(folder.path()).env("CONFIG_PATH", "/dev/null").env("CREDENTIALS_DIRECTORY", "nowhere"));
    assert!(!right && text.contains("the directory of the credentials could not be read"), "{text}");
}
