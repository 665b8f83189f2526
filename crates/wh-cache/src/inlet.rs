//! The inlet for evictions of other processes.

use std::{fmt, sync::Arc};

use crate::{
    eviction::Eviction,
    observe::{self, Source},
    process::ProcessTier,
};

/// Takes in the evictions that arrive from the channel of a [`Bus`](crate::Bus). Made by [`Cache::inlet`](crate::Cache::inlet).
#[derive(Clone)]
pub struct Inlet {
    process: Arc<ProcessTier>,
    /// Whether this channel is the one that the process relies on.
    relied_on: bool,
}

impl Inlet {
    pub(crate) fn new(process: Arc<ProcessTier>, relied_on: bool) -> Self {
        Self { process, relied_on }
    }

    /// Deletes the entries that other processes evicted.
    ///
    /// Own evictions that come back may be passed, too. They cost a load.
    pub fn evicted(&self, evictions: &[Eviction]) {
        for eviction in evictions {
            self.process.evict(eviction);
        }
        observe::evicted(evictions, Source::Inlet);
    }

    /// The channel is down. From now on no entry older than [`deaf_ttl`](crate::CacheSettings::deaf_ttl) is returned.
    ///
    /// No effect on a cache with Redis.
    pub fn lost(&self) {
        if self.relied_on {
            self.process.deafen();
        }
    }

    /// The channel is up: all evictions sent from now on arrive. Drops all entries, since evictions may have been missed.
    pub fn restored(&self) {
        if self.relied_on {
            self.process.listen();
        } else {
            self.process.evict(&Eviction::Everything);
        }
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").field("hearing", &self.process.hearing()).finish_non_exhaustive()
    }
}
