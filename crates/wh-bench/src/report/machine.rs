//! Where figures were taken.

use std::fs::read_to_string;
use std::process::Command;

use crate::contender::Outcome;
use crate::world::World;

/// Processor, memory, system and versions, in one sentence.
pub(crate) async fn machine(world: &World) -> Outcome<String> {
    let client = world.raw.first().ok_or("no caller")?;
    let postgres: String = client.query_one("SHOW server_version", &[]).await?.try_get(0)?;
    // Debian adds its own version in parentheses.
    let postgres = postgres.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism()?;
    let memory =
        value("/proc/meminfo", "MemTotal").and_then(|size| size.trim_end_matches(" kB").parse().ok());
    let memory = memory.map(|kib: u64| format!(", {} GiB of memory", kib >> 20)).unwrap_or_default();
    let processor = value("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok());
    let rustc = rustc.as_deref().and_then(|text| text.split(' ').nth(1)).unwrap_or("unknown").to_owned();
    let build = if cfg!(debug_assertions) { "a debug build" } else { "a release build" };
    let system = std::env::consts::OS;
    Ok(format!(
        "Measured on {cores} processors ({processor}){memory}, {system}, Postgres {postgres} on the same machine without fsync, \
         Rust {rustc}, {build}."
    ))
}

/// What stands behind a name in one of the kernel's lists.
fn value(file: &str, name: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}
