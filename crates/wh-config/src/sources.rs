//! Where a configuration comes from.

use std::path::{Path, PathBuf};

use crate::catalogue::all_paths;
use crate::error::{Fault, Origin, Problem};
use crate::layers::{Layers, Leaf};
use crate::setting::Raw;
use crate::{environment, yaml};

/// The file that is read where `CONFIG_PATH` names no other.
const DEFAULT_FILE: &str = "config.yaml";

/// The sources of a configuration, gathered but not yet judged: a file, environment variables and credentials, which
/// go over the defaults in this order whatever the order they were given in.
#[derive(Default)]
pub struct Sources {
    file: Option<(String, String)>,
    variables: Vec<(String, String)>,
    credentials: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Sources {
    /// No source: the defaults alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sources of this process: the file at `$CONFIG_PATH` (`config.yaml` where that is not set, and then it may be
    /// missing), the environment, and the credentials in `$CREDENTIALS_DIRECTORY`.
    #[must_use]
    pub fn of_process() -> Self {
        match std::env::var_os("CONFIG_PATH").filter(|path| !path.is_empty()) {
            Some(path) => Self::of_process_with(path),
            None if Path::new(DEFAULT_FILE).exists() => Self::of_process_with(DEFAULT_FILE),
            None => Self::of_environment(),
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
            if !name.starts_with("WH_") {
                continue;
            }
            match value.into_string() {
                Ok(value) => sources.variables.push((name, value)),
                Err(_) => sources.unreadable(Origin::Variable(name), "is not UTF-8 text"),
            }
        }
        match std::env::var_os("CREDENTIALS_DIRECTORY").filter(|path| !path.is_empty()) {
            Some(directory) => sources.credentials_directory(directory),
            None => sources,
        }
    }

    /// Reads a configuration file. That it cannot be read is a fault like any other.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.display().to_string();
        match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => self.file = Some((name, text)),
            Ok(Err(_)) => self.unreadable(Origin::File { path: name, line: 0 }, "is not UTF-8 text"),
            Err(error) => {
                let problem = format!("could not be read: {error}");
                self.unreadable(Origin::File { path: name, line: 0 }, &problem);
            }
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

    /// Reads the credentials that systemd has put into a directory. Files of other names are not looked at.
    #[must_use]
    pub fn credentials_directory(mut self, directory: impl AsRef<Path>) -> Self {
        for name in all_paths().filter_map(|(_, field)| field.credential) {
            let origin = Origin::Credential(name.to_owned());
            match std::fs::read(directory.as_ref().join(name)).map(String::from_utf8) {
                Ok(Ok(value)) => self.credentials.push((name.to_owned(), value)),
                Ok(Err(_)) => self.unreadable(origin, "is not UTF-8 text"),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => self.unreadable(origin, &format!("could not be read: {error}")),
            }
        }
        self
    }

    /// Lays all sources over the defaults.
    pub(crate) fn layers(self) -> Layers {
        let mut layers = Layers::new();
        layers.faults = self.faults;
        let file = self.file.map(|(name, text)| yaml::read(&name, &text)).unwrap_or_default();
        for (leaves, faults) in [file, environment::read(&self.variables), credentials(self.credentials)] {
            layers.add(leaves);
            layers.faults.extend(faults);
        }
        layers
    }

    fn unreadable(&mut self, origin: Origin, problem: &str) {
        self.faults.push(Fault::new(origin, "", Problem::Unreadable(problem.to_owned())));
    }
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

fn credentials(given: Vec<(String, String)>) -> (Vec<Leaf>, Vec<Fault>) {
    let (mut leaves, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in given {
        let Some((path, _)) = all_paths().find(|(_, field)| field.credential == Some(&*name)) else {
            continue;
        };
        let value = value.strip_suffix('\n').unwrap_or(&value);
        let value = value.strip_suffix('\r').unwrap_or(value);
        let origin = Origin::Credential(name);
        if value.is_empty() {
            let problem = Problem::Invalid("is empty: write the secret into it, or remove it".to_owned());
            faults.push(Fault::new(origin, path, problem));
        } else {
            leaves.push(Leaf { path, raw: Raw::Text(value.to_owned()), origin });
        }
    }
    (leaves, faults)
}
