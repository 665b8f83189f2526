//! The pinned `diesel_cli` in the tool cache.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use wh_stack::tool_cache;

use crate::{
    child,
    failure::{Failure, Outcome},
    progress::Progress,
};

/// The version whose output is committed; another one may print other bytes.
pub(crate) const VERSION: &str = "2.3.14";

/// Where it lies, or would lie.
pub(crate) fn folder() -> Outcome<PathBuf> {
    Ok(tool_cache()?.join(format!("diesel-{VERSION}")))
}

/// The program, if it was built already.
pub(crate) fn cached() -> Option<PathBuf> {
    folder().ok().map(|folder| folder.join("bin/diesel")).filter(|program| program.is_file())
}

/// The program, built first where the cache does not have it.
pub(crate) fn obtain() -> Outcome<PathBuf> {
    if let Some(program) = cached() {
        return Ok(program);
    }
    let root = folder()?;
    fs::create_dir_all(&root).map_err(|error| Failure::io("create", &root, &error))?;
    let log = root.join("build.log");
    let file = fs::File::create(&log).map_err(|error| Failure::io("create", &log, &error))?;
    let progress = Progress::new();
    progress.line(&format!(
        "building diesel_cli {VERSION} into {}, which takes some minutes, once; its log is {}",
        root.display(),
        log.display()
    ));
    progress.step("building diesel_cli");
    let mut install = install_command();
    install.arg("--root").arg(&root).arg("--target-dir").arg(root.join("build"));
    install.stdout(Stdio::null()).stderr(file);
    let status = child::run(&mut install);
    progress.end();
    drop(fs::remove_dir_all(root.join("build")));
    if status?.success() && cached().is_some() {
        progress.done("built diesel_cli");
        drop(fs::remove_file(&log));
        return cached().ok_or_else(|| Failure::new("diesel_cli vanished from the tool cache"));
    }
    let text = fs::read_to_string(&log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
    Err(Failure::new(format!(
        "diesel_cli {VERSION} could not be built. The end of {}:\n{tail}\nTo repair it: it needs a C compiler (Debian: \
         apt-get install gcc libc6-dev make) and the package registry",
        log.display()
    )))
}

/// libpq is built along, so that nothing has to be installed for it. Unoptimised: it runs for a tenth of a second.
fn install_command() -> Command {
    let mut command = child::cargo();
    command.args(["install", "diesel_cli", "--version", VERSION, "--locked", "--no-default-features"]);
    command.args(["--features", "postgres-bundled", "--debug"]);
    command.env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}
