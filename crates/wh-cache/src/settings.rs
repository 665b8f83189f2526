//! What the tier in the process is told.

use std::time::Duration;

/// How large the tier in the process may get, and how long entries live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// Most bytes that keys and values may take up in this process together. 64 MiB by default; with 0 nothing is kept here.
    pub capacity_bytes: u64,
    /// Life of an entry whose writer names none, or names zero. Five minutes by default.
    pub default_ttl: Duration,
    /// Longest age at which an entry is still handed out while evictions of other processes cannot be heard. One second by
    /// default.
    pub deaf_ttl: Duration,
    /// A value whose JSON is longer than this many bytes is not cached in either tier. 1 MiB by default.
    pub largest_value: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            capacity_bytes: 64 << 20,
            default_ttl: Duration::from_mins(5),
            deaf_ttl: Duration::from_secs(1),
            largest_value: 1 << 20,
        }
    }
}

impl CacheSettings {
    /// The life that a writer asks for, or the default in place of none and of zero.
    pub(crate) fn life(&self, ttl: Option<Duration>) -> Duration {
        ttl.filter(|ttl| !ttl.is_zero()).unwrap_or(self.default_ttl)
    }
}
