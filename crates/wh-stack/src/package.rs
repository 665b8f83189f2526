//! The last resort: the system's own packages.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// What would bring the server on this system, as one command for a person.
pub(crate) fn advice(package: &Package) -> String {
    let (debian, fedora, brew) = (package.debian, package.fedora, package.brew);
    if cfg!(target_os = "macos") {
        return format!("brew install {brew}");
    }
    if Path::new("/usr/bin/apt-get").exists() {
        return format!("sudo apt-get install --yes {debian}");
    }
    if Path::new("/usr/bin/dnf").exists() {
        return format!("sudo dnf install --assumeyes {fedora}");
    }
    format!("install {debian} with your system's package manager, or install pip or uv and run this again")
}

/// The names of one server's package.
pub(crate) struct Package {
    debian: &'static str,
    fedora: &'static str,
    brew: &'static str,
}

pub(crate) const POSTGRES: Package =
    Package { debian: "postgresql", fedora: "postgresql-server", brew: "postgresql@18" };
pub(crate) const REDIS: Package = Package { debian: "redis-server", fedora: "valkey", brew: "valkey" };

/// Installs a package with apt, where that needs no password. Returns whether it did, or why not.
pub(crate) fn install(package: &Package, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let root = rustix::process::geteuid().is_root();
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err("apt-get: this is no Debian or Ubuntu".to_owned());
    }
    if !root && !succeeds(Command::new("sudo").args(["--non-interactive", "true"])) {
        return Err("apt-get: it needs root, and sudo asks for a password".to_owned());
    }
    progress(&format!("installing the package {} with apt-get", package.debian));
    let apt = |arguments: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["--non-interactive", "apt-get"]);
        }
        succeeds(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    let install = ["install", "--yes", "--quiet", "--no-install-recommends", package.debian];
    // Fresh containers have no package lists, so a failure is worth one update.
    let done = apt(&install) || (apt(&["update", "--quiet"]) && apt(&install));
    if done { Ok(()) } else { Err(format!("apt-get: `apt-get install {}` failed", package.debian)) }
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
