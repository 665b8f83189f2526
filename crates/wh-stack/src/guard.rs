//! The guard: a small shell process that is the parent of the servers and outlives us just long enough to clean up.
//!
//! It holds the reading end of a pipe whose other end is ours alone. When that end closes, because we dropped it, panicked
//! or were killed, the guard stops the servers and removes the folder. It leads a process group of its own, so that Ctrl-C
//! in a terminal reaches us first.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use super::{
    cache::{memory_base, temporary_base},
    error::{Context, Result, StackError},
    shell,
    user::User,
};

/// How every folder of a stack begins; sixteen hexadecimal digits follow.
pub(crate) const FOLDER_PREFIX: &str = "wh-stack-";

/// Makes the folder as the unprivileged user, then waits until the real script lies in it.
const BOOTSTRAP: &str = r#"umask 077; mkdir "$1" && echo made && read -r go && [ "$go" = go ] && exec sh "$1/guard.sh" "$1" "$2""#;

/// Every guard of this process, so that a signal handler can stop them before it exits.
static LIVE: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

/// A guard of ours. Dropping the last clone stops its servers and waits until nothing is left.
#[derive(Debug, Clone)]
pub(crate) struct Guard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    memory: Option<PathBuf>,
    process: Mutex<Option<(Child, ChildStdin)>>,
}

impl Guard {
    /// Starts a guard in a new folder, as `user` where one is given, with a second folder in memory if `in_memory` and there is
    /// room.
    pub(crate) fn spawn(user: Option<User>, in_memory: bool) -> Result<Self> {
        let name: String = uuid::Uuid::new_v4().simple().to_string().chars().take(16).collect();
        let name = format!("{FOLDER_PREFIX}{name}");
        let folder = temporary_base().join(&name);
        let memory = memory_base().filter(|_| in_memory).map(|base| base.join(&name));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BOOTSTRAP, "sh"]).arg(&folder).args(&memory);
        command.current_dir("/").env_clear().envs(shell::environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        if let Some(user) = user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut child = command.spawn().context("start", "/bin/sh")?;
        let made = child.stdout.take().and_then(|out| BufReader::new(out).lines().next());
        let (Some(Ok(_)), Some(mut pipe)) = (made, child.stdin.take()) else {
            let output = child.wait_with_output().context("start the guard in", &folder)?;
            return Err(StackError::DidNotStart {
                program: "the guard of the stack".to_owned(),
                problem: format!("it could not make {}", folder.display()),
                log: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        };
        let script = folder.join("guard.sh");
        write_shared(&script, include_str!("guard.sh"))?;
        pipe.write_all(b"go\n").context("speak to the guard in", &folder)?;
        let inner = Arc::new(Inner { folder, memory, process: Mutex::new(Some((child, pipe))) });
        lock(&LIVE).push(Arc::downgrade(&inner));
        let guard = Self(inner);
        guard.wait_for("ready")?;
        Ok(guard)
    }

    /// The private folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Where data goes: into memory where there is room, which makes new databases many times as fast on a busy disk.
    pub(crate) fn data_folder(&self) -> &Path {
        self.0.memory.as_deref().filter(|memory| memory.is_dir()).unwrap_or(&self.0.folder)
    }

    /// Where the output of `name` is written.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.log"))
    }

    /// Lets the guard run a program; its fate is then told by [`Guard::exit_code`].
    pub(crate) fn run(&self, name: &str, command: &shell::Program) -> Result<()> {
        let script = self.folder().join(format!("{name}.sh"));
        write_shared(&script, command.script())?;
        self.send(&format!("run {name}\n"))
    }

    /// The status a program ended with, if it has ended.
    pub(crate) fn exit_code(&self, name: &str) -> Option<i32> {
        let text = fs::read_to_string(self.folder().join(format!("{name}.exit"))).ok()?;
        text.trim().parse().ok()
    }

    /// Runs a program and waits for it to end well.
    pub(crate) fn run_to_end(&self, name: &str, command: &shell::Program, limit: Duration) -> Result<()> {
        self.run(name, command)?;
        let begin = Instant::now();
        loop {
            let problem = match self.exit_code(name) {
                Some(0) => return Ok(()),
                Some(code) => format!("it ended with status {code}"),
                None if begin.elapsed() > limit => format!("it was not done after {} s", limit.as_secs()),
                None => {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                }
            };
            let program = command.name().display().to_string();
            return Err(StackError::DidNotStart { program, problem, log: self.log_tail(name) });
        }
    }

    /// The last lines that a program has written.
    pub(crate) fn log_tail(&self, name: &str) -> String {
        let text = fs::read(self.log(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail: Vec<String> =
            lines.iter().skip(lines.len().saturating_sub(15)).map(|line| format!("  {line}")).collect();
        if tail.is_empty() { "  (it wrote nothing)".to_owned() } else { tail.join("\n") }
    }

    /// Lets the guard live on after us, listening to a fifo in its folder instead of our pipe.
    pub(crate) fn detach(self) -> Result<PathBuf> {
        self.send("detach\n")?;
        self.wait_for("detached")?;
        // Forgetting the child is the point: it is adopted by the system, and ended by `cargo xtask down`.
        lock(&self.0.process).take();
        Ok(self.folder().to_path_buf())
    }

    /// Waits for a file that the guard writes.
    fn wait_for(&self, mark: &str) -> Result<()> {
        let begin = Instant::now();
        while !self.folder().join(mark).exists() {
            if begin.elapsed() > Duration::from_secs(10) {
                return Err(StackError::DidNotStart {
                    program: "the guard of the stack".to_owned(),
                    problem: format!("it was not {mark} within 10 s"),
                    log: self.log_tail("guard"),
                });
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn send(&self, line: &str) -> Result<()> {
        let mut process = lock(&self.0.process);
        let Some((_, pipe)) = process.as_mut() else {
            return Ok(());
        };
        pipe.write_all(line.as_bytes()).context("speak to the guard in", self.folder())
    }
}

impl Inner {
    fn stop(&self) {
        let Some((mut child, pipe)) = lock(&self.process).take() else {
            return;
        };
        drop(pipe);
        // The guard kills after ten seconds at most, so this ends.
        drop(child.wait());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Stops every private stack of this process and waits until nothing of them is left.
///
/// For signal handlers, which end the process without running destructors.
pub fn stop_all() {
    let live: Vec<_> = lock(&LIVE).drain(..).filter_map(|guard| guard.upgrade()).collect();
    for guard in live {
        guard.stop();
    }
}

/// Writes a file into a folder of ours so that the unprivileged user can read it; the folder itself is closed to others.
pub(crate) fn write_shared(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, text).context("write", path)?;
    fs::set_permissions(path, Permissions::from_mode(0o644)).context("change the mode of", path)
}

/// A panic elsewhere must not keep us from cleaning up.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
