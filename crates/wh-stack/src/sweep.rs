//! Removing what a killed guard has left.
//!
//! A guard cleans up after everything but its own death by SIGKILL. Then servers and folder stay, and the next start finds
//! them here: by the strict name of the folder, its owner, its machine, and the guard that is gone.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    cache::{MEMORY, temporary_base},
    error::Result,
    guard::FOLDER_PREFIX,
    process::{is_gone, node_name, runs_with},
    user::{User, is_ours},
};

/// Ends the servers and removes the folders of every stack of this user whose guard is gone; returns the folders.
///
/// # Errors
/// As [`leftovers`].
pub fn sweep() -> Result<Vec<PathBuf>> {
    let left = leftovers()?;
    for folder in &left {
        end_servers(folder);
        drop(fs::remove_dir_all(folder));
    }
    Ok(left)
}

/// The folders of stacks whose guard is gone, and their folders in memory. Looks only.
///
/// # Errors
/// [`StackError::Setting`](super::StackError::Setting) if we are root and there is no unprivileged user.
pub fn leftovers() -> Result<Vec<PathBuf>> {
    let user = User::unprivileged()?;
    let stacks = |base: &Path| {
        let entries = fs::read_dir(base).into_iter().flatten().flatten();
        let ours =
            entries.map(|entry| entry.path()).filter(move |path| is_stack_name(path) && is_ours(path, user));
        ours.collect::<Vec<_>>()
    };
    let mut left = stacks(&temporary_base());
    left.retain(|folder| !is_alive(folder));
    // The first line of `home` is the folder whose guard keeps this one.
    let alive = |memory: &Path| match fs::read_to_string(memory.join("home")) {
        Ok(home) => is_alive(Path::new(home.trim())),
        Err(_) => is_young(memory),
    };
    let mut in_memory = stacks(Path::new(MEMORY));
    in_memory.retain(|folder| !alive(folder));
    left.extend(in_memory);
    Ok(left)
}

/// Whether the guard of a folder runs. A young folder may not have named its guard yet; another machine's is not ours to judge.
pub(crate) fn is_alive(folder: &Path) -> bool {
    let text = fs::read_to_string(folder.join("guard.pid")).unwrap_or_default();
    let mut lines = text.lines();
    match (lines.next().and_then(|line| line.parse().ok()), lines.next()) {
        (Some(pid), Some(node)) => node != node_name() || runs_with(pid, name(folder)),
        _ => is_young(folder),
    }
}

fn is_young(folder: &Path) -> bool {
    let age = folder.metadata().and_then(|meta| meta.modified()).map(|time| time.elapsed());
    age.is_ok_and(|age| age.is_ok_and(|age| age < Duration::from_mins(1)))
}

/// The last part of a path. Guard and servers of a stack have it in their command lines.
fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_stack_name(path: &Path) -> bool {
    name(path)
        .strip_prefix(FOLDER_PREFIX)
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn end_servers(folder: &Path) {
    let pids: Vec<i32> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "server"))
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok())
        .filter(|pid| runs_with(*pid, name(folder)))
        .collect();
    for signal in [Signal::QUIT, Signal::KILL] {
        for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid)) {
            let _ = kill_process(pid, signal);
        }
        let begin = Instant::now();
        while !pids.iter().all(|pid| is_gone(*pid)) && begin.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}
