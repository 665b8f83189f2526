//! The stack that `cargo xtask up` has left running.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{Mode, OFlags};

use super::{
    cache::tool_cache,
    error::{Context, Result, StackError},
    sweep::is_alive,
};

/// Where `cargo xtask up` notes the stack it has left running.
///
/// It is in the tool cache and not in the target folder: a stack belongs to a user and not to one checkout, it must be
/// found from any folder, and `cargo clean` must not make it unreachable.
pub(crate) const NOTE: &str = "running";

/// What is known of a detached stack. Its note is readable by its owner only, since the URLs hold passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Running {
    /// The private folder of the stack.
    pub folder: PathBuf,
    /// The URL of its Postgres, with the password.
    pub database_url: String,
    /// The URL of its Redis, with the password, if it has one.
    pub redis_url: Option<String>,
    /// What runs there, for people.
    pub title: String,
    /// The file that this was read from.
    pub(crate) note: PathBuf,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("folder", &self.folder)
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// The stack that runs now, if one does.
    ///
    /// # Errors
    /// [`StackError::Setting`] where the machine has no place for a tool cache.
    pub fn find() -> Result<Option<Self>> {
        tool_cache().map(|cache| Self::find_in(&cache))
    }

    /// The stack that was noted in another tool cache, if it runs.
    #[must_use]
    pub fn find_in(cache: &Path) -> Option<Self> {
        let note = cache.join(NOTE);
        let text = fs::read_to_string(&note).ok()?;
        Self::parse(&text, note).filter(|running| is_alive(&running.folder))
    }

    pub(crate) fn write(&self) -> Result<()> {
        let path = &self.note;
        let parent = path.parent().unwrap_or(path);
        fs::create_dir_all(parent).context("create the tool cache", parent)?;
        drop(fs::remove_file(path));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .context("create", path)?;
        let redis = self.redis_url.as_deref().unwrap_or_default();
        let text = format!("{}\n{}\n{redis}\n{}\n", self.folder.display(), self.database_url, self.title);
        file.write_all(text.as_bytes()).context("write", path)
    }

    fn parse(text: &str, note: PathBuf) -> Option<Self> {
        let mut lines = text.lines();
        Some(Self {
            folder: PathBuf::from(lines.next()?),
            database_url: lines.next()?.to_owned(),
            redis_url: lines.next().filter(|line| !line.is_empty()).map(str::to_owned),
            title: lines.next()?.to_owned(),
            note,
        })
    }

    /// Stops the stack and waits until nothing of it is left.
    ///
    /// # Errors
    /// [`StackError::DidNotStart`] if the guard did not end within 20 s, and [`StackError::Io`] if it cannot be told.
    pub fn stop(&self) -> Result<()> {
        let control = self.folder.join("control");
        // Without NONBLOCK this would wait forever for a guard that died just now.
        let fifo =
            rustix::fs::open(&control, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        let mut fifo = fifo.map(fs::File::from).map_err(std::io::Error::from).context("open", &control)?;
        fifo.write_all(b"stop\n").context("write to", &control)?;
        let begin = Instant::now();
        while is_alive(&self.folder) || self.folder.exists() {
            if begin.elapsed() > Duration::from_secs(20) {
                return Err(StackError::DidNotStart {
                    program: "the stack, asked to end,".to_owned(),
                    problem: format!("it still works in {} after 20 s", self.folder.display()),
                    log: fs::read_to_string(self.folder.join("guard.log")).unwrap_or_default(),
                });
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(fs::remove_file(&self.note));
        Ok(())
    }
}
