//! Running other programs.

use std::{
    env,
    ffi::OsStr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
};

use crate::{
    failure::{Failure, Outcome},
    interrupt::{self, Forwarding},
};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us, at the root of the workspace.
///
/// What `cargo run` tells its program about its package is removed: build scripts look at it, and would build anew.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let of_package =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_PACKAGE"];
        if of_package.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.current_dir(root());
    command
}

/// Runs a program to its end in a process group of its own, which gets the signals that we get.
pub(crate) fn run(command: &mut Command) -> Outcome<ExitStatus> {
    let program = PathBuf::from(command.get_program());
    let mut child = command
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| Failure::io("start", &program, &error))?;
    let forwarding = Forwarding::to(child.id());
    let status = child.wait().map_err(|error| Failure::io("wait for", &program, &error))?;
    drop(forwarding);
    if interrupt::happened() {
        return Err(Failure::new("interrupted"));
    }
    Ok(status)
}

/// The output of a program that is expected to succeed quickly.
pub(crate) fn output(command: &mut Command) -> Outcome<Output> {
    let program = PathBuf::from(command.get_program());
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| Failure::io("start", &program, &error))?;
    if output.status.success() {
        return Ok(output);
    }
    let line: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("`{} {}` failed: {}", program.display(), line.join(" "), complaint.trim())))
}

/// The first line that a program prints for its version, if it runs.
pub(crate) fn version(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(str::to_owned)
}

/// Whether `cargo nextest` is installed.
pub(crate) fn has_nextest() -> bool {
    version(cargo().args(["nextest", "--version"])).is_some()
}
