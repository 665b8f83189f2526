//! Input, progress and outcome of the runner.

use std::fmt;
use std::time::Duration;

/// Which of its two files a migration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The one that applies it.
    Up,
    /// The one that takes it back.
    Down,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// The version to migrate to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The last migration of this build.
    Latest,
    /// Exactly this version, up or down; 0 takes everything back.
    Version(i64),
    /// So many migrations back, or as many as are applied.
    Down(u32),
}

/// Progress of the runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Another runner holds the lock. Said at once, and every second from then on.
    Waiting {
        /// For how long already.
        waited: Duration,
    },
    /// A migration begins.
    Started {
        /// Its number.
        version: i64,
        /// Its name.
        slug: &'static str,
        /// Which of its files.
        direction: Direction,
    },
    /// A migration is done and committed.
    Finished {
        /// Its number.
        version: i64,
        /// Its name.
        slug: &'static str,
        /// Which of its files.
        direction: Direction,
        /// How long it took.
        elapsed: Duration,
    },
}

/// A migration that was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub slug: &'static str,
    /// Which of its files.
    pub direction: Direction,
    /// How long it took.
    pub elapsed: Duration,
}

/// Outcome of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The version before; 0 where nothing was applied.
    pub from: i64,
    /// The version now; 0 where nothing is applied.
    pub to: i64,
    /// Migrations that were run, in order; empty if the schema was at its target.
    pub steps: Vec<Step>,
    /// How long another runner was waited for.
    pub waited: Duration,
}

/// Where a schema stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The version that the ledger names; 0 where nothing is applied, -1 only where taking back the first one failed.
    pub version: i64,
    /// True where a migration began and did not end.
    pub dirty: bool,
    /// Every migration of this build, oldest first.
    pub entries: Vec<Entry>,
}

/// A migration of this build, and whether the schema has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub slug: &'static str,
    /// True where the ledger says that it is applied; on a dirty ledger the one that it names may be half-way.
    pub applied: bool,
}

impl Status {
    /// The migrations that are still to run.
    pub fn pending(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().copied().filter(|entry| !entry.applied)
    }

    /// True where the ledger names a version that this build does not have: a newer build has run here.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.entries.last().is_some_and(|last| self.version > last.version)
    }
}
