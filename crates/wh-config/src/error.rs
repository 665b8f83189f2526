//! Faults of a configuration: what is wrong, and where it was written.

use std::fmt;

/// Where a setting was written. The order is that of a reader's search: the file by line, the environment,
/// the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// A line of the configuration file; line 0 is the file as a whole.
    File {
        /// The file as it was named.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A systemd credential.
    Credential(String),
    /// Nowhere: the setting is not set.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0 } => f.write_str(path),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Credential(name) => write!(f, "credential {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The environment variable of a setting.
pub(crate) fn variable(path: &str) -> String {
    format!("WH_{}", path.replace('.', "__").to_uppercase())
}

/// The fault of a setting. No text shows the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// There is no such setting.
    Unknown {
        /// The nearest one that there is, where one is near.
        nearest: Option<String>,
        /// The names that there are at this place.
        expected: Vec<String>,
    },
    /// It must be set and is not.
    Missing {
        /// Where it could be set.
        remedy: String,
    },
    /// Its value is not right; the text says why, and what would be.
    Invalid(String),
    /// The file is not YAML of the right shape here.
    Syntax(String),
    /// The file, variable or credential could not be read.
    Unreadable(String),
}

/// One fault: the setting, where it was written, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Fault {
    /// Where it was written.
    pub origin: Origin,
    /// The setting (`database.port`); empty where the fault is in a source as a whole.
    pub key: String,
    /// The fault itself.
    pub problem: Problem,
}

impl Fault {
    pub(crate) fn new(origin: Origin, key: impl Into<String>, problem: Problem) -> Self {
        Self { origin, key: key.into(), problem }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.key.is_empty() {
            f.write_str(&self.key)?;
            f.write_str(if matches!(self.problem, Problem::Invalid(_)) { ": " } else { " " })?;
        }
        match &self.problem {
            Problem::Unknown { nearest: Some(nearest), .. } => {
                write!(f, "is not a setting: did you mean {nearest}?")
            }
            Problem::Unknown { nearest: None, expected } => {
                write!(f, "is not a setting: expected one of {}", expected.join(", "))
            }
            Problem::Missing { remedy } => write!(f, "is missing: {remedy}"),
            Problem::Invalid(text) | Problem::Syntax(text) | Problem::Unreadable(text) => f.write_str(text),
        }
    }
}

/// All faults of a configuration, in the order in which one would go through its sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// At least one setting is wrong or missing.
    #[error("{}", list(.0))]
    Faults(Vec<Fault>),
}

impl ConfigError {
    /// Every fault.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        let Self::Faults(faults) = self;
        faults
    }
}

fn list(faults: &[Fault]) -> String {
    let count = match faults.len() {
        1 => "the configuration has 1 fault:".to_owned(),
        many => format!("the configuration has {many} faults:"),
    };
    faults.iter().fold(count, |text, fault| format!("{text}\n  {fault}"))
}

/// A refusal that shows the value, unless it could hold a password: `user:password@host`, a URL.
pub(crate) fn refuse<T>(text: &str, what: &str, right: &str) -> Result<T, String> {
    if text.contains('@') || text.contains("://") {
        Err(format!("is not {what}: write {right}"))
    } else {
        Err(format!("{:?} is not {what}: write {right}", shown(text)))
    }
}

/// The path of a setting that there is not, as a message may show it. A key that is no plain word may be a
/// value that lost its key (`{password:hunter2}`), so it is left out.
pub(crate) fn shown_path(path: &str) -> String {
    let word = |key: &str| {
        (1..=40).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    path.split('.').map(|key| if word(key) { key } else { "…" }).collect::<Vec<_>>().join(".")
}

/// At most 64 characters of a text that is about to be shown.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
