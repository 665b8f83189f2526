//! One server program of a test: started, frozen, killed and started again in the folder of a guard.

use std::{
    fmt::Display,
    fs, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    guard::Guard,
    process::{children, is_gone},
    shell::Program,
};

/// Limit for each step. A machine with both cores busy needs seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// The file that names the frozen processes, for the guard: a frozen process cannot be ended before it is thawed.
const FROZEN: &str = "frozen";

/// A program under a guard. It ends with this value, in whatever state it is.
#[derive(Debug)]
pub(crate) struct Daemon {
    guard: Guard,
    name: &'static str,
    program: Program,
}

impl Daemon {
    pub(crate) fn new(guard: Guard, name: &'static str, program: Program) -> Self {
        Self { guard, name, program }
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Starts the program, and returns when `ready` holds.
    ///
    /// # Panics
    /// If the program ends before that, or `ready` does not hold within a minute.
    pub(crate) fn start(&self, mut ready: impl FnMut() -> bool) {
        // Else the end of the last run counts as the end of this one.
        drop(fs::remove_file(self.guard.folder().join(format!("{}.exit", self.name))));
        must(self.guard.run(self.name, &self.program));
        self.wait("it answers", || {
            if let Some(code) = self.guard.exit_code(self.name) {
                let log = self.guard.log_tail(self.name);
                must::<(), _>(Err(format!("{} ended with status {code}:\n{log}", self.name)));
            }
            ready()
        });
    }

    /// Whether the program was started and has not ended.
    pub(crate) fn runs(&self) -> bool {
        self.pid().is_some_and(|pid| !is_gone(pid.as_raw_nonzero().get()))
            && self.guard.exit_code(self.name).is_none()
    }

    /// The process id of the program.
    pub(crate) fn pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.guard.folder().join(format!("{}.server", self.name))).ok()?;
        Pid::from_raw(text.trim().parse().ok()?)
    }

    /// Stops the program and its children with SIGSTOP: connections stay open, and nothing answers.
    pub(crate) fn freeze(&self) {
        let Some(pid) = self.pid().filter(|_| self.runs()) else { return };
        // The parent first, so that it makes no more children.
        must(kill_process(pid, Signal::STOP));
        let all = [vec![pid], children(pid)].concat();
        let ids: Vec<String> = all.iter().map(|pid| pid.as_raw_nonzero().to_string()).collect();
        must(fs::write(self.guard.folder().join(FROZEN), ids.join("\n")));
        for child in all {
            let _ = kill_process(child, Signal::STOP);
        }
    }

    /// Continues what [`freeze`](Self::freeze) stopped.
    pub(crate) fn thaw(&self) {
        let Some(pid) = self.pid().filter(|_| self.runs()) else { return };
        for child in children(pid) {
            let _ = kill_process(child, Signal::CONT);
        }
        let _ = kill_process(pid, Signal::CONT);
        drop(fs::remove_file(self.guard.folder().join(FROZEN)));
    }

    /// Ends the program and all its children with SIGKILL, and returns when they are gone.
    pub(crate) fn kill(&self) {
        let Some(pid) = self.pid().filter(|_| self.runs()) else { return };
        // A stopped parent neither starts children nor cleans up after those that are killed before it.
        let _ = kill_process(pid, Signal::STOP);
        let children = children(pid);
        for child in &children {
            let _ = kill_process(*child, Signal::KILL);
        }
        let _ = kill_process(pid, Signal::KILL);
        drop(fs::remove_file(self.guard.folder().join(FROZEN)));
        self.wait("it is gone", || {
            let all_gone = children.iter().all(|child| is_gone(child.as_raw_nonzero().get()));
            all_gone && self.guard.exit_code(self.name).is_some()
        });
    }

    /// Waits until the program has ended and the guard has noted it.
    pub(crate) fn wait_until_ended(&self) {
        self.wait("it has ended", || self.guard.exit_code(self.name).is_some());
    }

    /// Ends the program with SIGKILL and does not wait. For destructors: it never panics.
    pub(crate) fn end(&self) {
        if let Some(pid) = self.pid().filter(|_| self.runs()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid().filter(|_| self.runs()) {
            must(kill_process(pid, signal));
        }
    }

    /// Waits until something holds.
    pub(crate) fn wait(&self, what: &str, holds: impl FnMut() -> bool) {
        wait(self.name, what, holds);
    }

    /// All that the program has written.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.guard.log(self.name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.thaw();
    }
}

fn wait(name: &str, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        if begin.elapsed() > PATIENCE {
            let seconds = PATIENCE.as_secs();
            must::<(), _>(Err(format!("the {name} of this test: not so within {seconds} s: {what}")));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Ends the test where the kit cannot serve it.
#[expect(clippy::panic, reason = "a test cannot go on without its server")]
pub(crate) fn must<T, E: Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
