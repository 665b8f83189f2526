//! A service as a process that can be killed and started again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::sleep;

/// A program with its settings, running or not. Dropping it kills the process.
#[derive(Debug)]
pub struct ServiceProcess {
    program: PathBuf,
    variables: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
}

impl ServiceProcess {
    /// A program that is not started yet. Its environment is these variables and nothing else; it logs into this file.
    #[must_use]
    pub fn new(program: &Path, variables: Vec<(String, String)>, log: &Path) -> Self {
        Self { program: program.to_path_buf(), variables, log: log.to_path_buf(), child: None }
    }

    /// Starts it, with the log of an earlier run kept.
    ///
    /// # Errors
    /// Where the program is not there, or the log cannot be written.
    pub fn start(&mut self) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let folder = self.log.parent().unwrap_or(Path::new("/"));
        let child = Command::new(&self.program)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.program.display())))?;
        self.child = Some(child);
        Ok(())
    }

    /// The id of the process, while it was not killed or ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Asks it to end by SIGTERM, and waits for that. `None` if it does not run.
    ///
    /// # Errors
    /// Where it does not end within so long; it is killed then.
    pub async fn end(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let Some(child) = self.child.as_mut() else { return Ok(None) };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status()?;
        let deadline = std::time::Instant::now() + patience;
        while asked.success() && std::time::Instant::now() < deadline {
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return Ok(Some(status));
            }
            sleep(Duration::from_millis(10)).await;
        }
        self.kill();
        Err(io::Error::other(format!("{} did not end in time", self.program.display())))
    }

    /// True if it was started and has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// What it has logged, over all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
