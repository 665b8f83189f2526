//! Settings of the process tier.

use std::time::Duration;

/// Size of the process tier, and the life of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// Maximum bytes of keys and values in this process. Default 64 MiB. Zero: nothing is kept in the process.
    pub capacity_bytes: u64,
    /// Life of an entry whose writer gives none or zero. Default five minutes.
    pub default_ttl: Duration,
    /// Maximum age of entries that are returned while evictions of other processes cannot be heard. Default one second.
    pub deaf_ttl: Duration,
    /// Maximum bytes of a value's JSON. A larger value is cached in neither tier. Default 1 MiB.
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
