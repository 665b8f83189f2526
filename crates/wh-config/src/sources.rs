//! Where a configuration comes from.

use std::path::{Path, PathBuf};

use crate::error::{Fault, Origin, Problem};
use crate::layers::{Found, Layers};
use crate::{credentials, environment, yaml};

/// The file that is read unless `CONFIG_PATH` names another.
const DEFAULT_FILE: &str = "config.yaml";

/// The sources of a configuration, gathered and not yet read: a file, environment variables and credentials.
/// They go over the defaults in this order, whatever the order they were given in.
#[derive(Default)]
pub struct Sources {
    file: Option<(String, String)>,
    variables: Vec<(String, String)>,
    credentials: Vec<(String, String)>,
    /// Faults of sources that could not be read.
    unread: Found,
}

impl Sources {
    /// No source: the defaults alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sources of this process: the file at `$CONFIG_PATH` (`config.yaml` where that is not set, and then
    /// it may be missing), the environment, and the credentials in `$CREDENTIALS_DIRECTORY`.
    #[must_use]
    pub fn of_process() -> Self {
        match std::env::var_os("CONFIG_PATH").filter(|path| !path.is_empty()) {
            Some(path) => Self::of_process_with(path),
            // A link that leads nowhere and a folder that may not be searched are faults, not "no file".
            None if is_missing(Path::new(DEFAULT_FILE)) => Self::of_environment(),
            None => Self::of_process_with(DEFAULT_FILE),
        }
    }

    /// As [`of_process`](Self::of_process), with this file in place of the one that `$CONFIG_PATH` names.
    #[must_use]
    pub fn of_process_with(file: impl Into<PathBuf>) -> Self {
        Self::of_environment().file(file)
    }

    /// The variables and the credentials of this process.
    fn of_environment() -> Self {
        let mut sources = Self::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if !name.starts_with(environment::PREFIX) {
                continue;
            }
            if let Ok(value) = value.into_string() {
                sources.variables.push((name, value));
            } else {
                // It leaves open whatever it may have been meant for.
                let doubt = environment::misspelt(&name).unwrap_or_default();
                sources.unreadable(Origin::Variable(name), "is not UTF-8 text", doubt);
            }
        }
        match std::env::var_os("CREDENTIALS_DIRECTORY").filter(|path| !path.is_empty()) {
            Some(directory) => sources.credentials_directory(directory),
            None => sources,
        }
    }

    /// Reads a configuration file. A file that cannot be read is a fault, and the only one: its settings are
    /// not called missing.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.display().to_string();
        let origin = Origin::File { path: name.clone(), line: 0 };
        match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => self.file = Some((name, text)),
            Ok(Err(_)) => self.unreadable(origin, "is not UTF-8 text", String::new()),
            Err(error) => self.unreadable(origin, &format!("could not be read: {error}"), String::new()),
        }
        self
    }

    /// Takes the text of a configuration file; faults name it `name`.
    #[must_use]
    pub fn yaml(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.file = Some((name.into(), text.into()));
        self
    }

    /// Takes one environment variable (`WH_DATABASE__PASSWORD`).
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Takes one credential (`database_password`); a newline at its end is cut.
    #[must_use]
    pub fn credential(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.credentials.push((name.into(), value.into()));
        self
    }

    /// Reads the credentials that systemd has put into a directory. Files of other names belong to other
    /// services, unless a name is nearly one of ours.
    #[must_use]
    pub fn credentials_directory(mut self, directory: impl AsRef<Path>) -> Self {
        let (credentials, unread) = credentials::of_directory(directory.as_ref());
        self.credentials.extend(credentials);
        self.unread.faults.extend(unread.faults);
        self.unread.doubts.extend(unread.doubts);
        self
    }

    /// Lays all sources over each other.
    pub(crate) fn layers(self) -> Layers {
        let mut layers = Layers::default();
        layers.add(self.unread);
        layers.add(self.file.map(|(name, text)| yaml::read(&name, &text)).unwrap_or_default());
        layers.add(environment::read(&self.variables));
        layers.add(credentials::read(self.credentials));
        layers
    }

    fn unreadable(&mut self, origin: Origin, problem: &str, doubt: String) {
        self.unread.faults.push(Fault::new(origin, "", Problem::Unreadable(problem.to_owned())));
        self.unread.doubts.push(doubt);
    }
}

/// True where there is nothing at a path, not even a link that leads nowhere.
fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names =
            |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("Sources")
            .field("file", &self.file.as_ref().map(|(name, _)| name))
            .field("variables", &names(&self.variables))
            .field("credentials", &names(&self.credentials))
            .finish_non_exhaustive()
    }
}
