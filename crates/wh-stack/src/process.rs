//! Looking at processes and waiting for futures.

use std::{fs, path::Path, process::Command, thread};

use rustix::{io::Errno, process::Pid};

/// Whether no process of this machine has the id. A process of another user counts as there.
#[must_use]
pub fn is_gone(pid: i32) -> bool {
    Pid::from_raw(pid).is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(Errno::SRCH))
}

/// Whether the process runs with `text` in its command line, which tells it from a later owner of the same id.
pub(crate) fn runs_with(pid: i32, text: &str) -> bool {
    if is_gone(pid) {
        return false;
    }
    let command_line = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
    } else {
        let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
        output.map(|output| output.stdout).unwrap_or_default()
    };
    String::from_utf8_lossy(&command_line).contains(text)
}

/// The processes that `parent` has started and that run now.
pub(crate) fn children(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero().get();
    all_processes()
        .into_iter()
        .filter(|(_, of)| *of == parent)
        .filter_map(|(child, _)| Pid::from_raw(child))
        .collect()
}

/// Every process of this machine and its parent.
fn all_processes() -> Vec<(i32, i32)> {
    if Path::new("/proc/self/stat").exists() {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
        // "17 (a name, perhaps with spaces) S 1 …"
        let parse = |text: String| {
            let (id, rest) = text.split_once(" (")?;
            let parent = rest.rsplit_once(") ")?.1.split(' ').nth(1)?;
            Some((id.parse().ok()?, parent.parse().ok()?))
        };
        return stats.filter_map(parse).collect();
    }
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = String::from_utf8(output.map(|output| output.stdout).unwrap_or_default()).unwrap_or_default();
    let parse = |line: &str| {
        let mut words = line.split_whitespace().map(str::parse);
        Some((words.next()?.ok()?, words.next()?.ok()?))
    };
    text.lines().filter_map(parse).collect()
}

/// The name of this machine, as `uname -n` prints it.
#[must_use]
pub fn node_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Waits for a future on a thread of its own, so that it works inside and outside of any runtime.
pub(crate) fn wait_for<F, T>(future: F) -> std::io::Result<T>
where
    F: Future<Output = T> + Send,
    T: Send,
{
    let run = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(|runtime| runtime.block_on(future))
    };
    thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|_| Err(std::io::Error::other("the thread that waited for it panicked")))
}
