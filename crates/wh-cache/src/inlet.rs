//! How evictions of other processes arrive.

use std::{fmt, sync::Arc};

use crate::{
    eviction::Eviction,
    observe::{self, Source},
    process::ProcessTier,
};

/// What a foreign channel feeds: the one that a [`Bus`](crate::Bus) sends into. From [`Cache::inlet`](crate::Cache::inlet).
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

    /// Others have evicted this: it is gone from this process when the function returns.
    ///
    /// Evictions of one's own that come back may be fed as well; they cost a load.
    pub fn evicted(&self, evictions: &[Eviction]) {
        for eviction in evictions {
            self.process.evict(eviction);
        }
        observe::evicted(evictions, Source::Inlet);
    }

    /// The channel is down. From now on no entry older than [`deaf_ttl`](crate::CacheSettings::deaf_ttl) is handed out.
    ///
    /// A cache with Redis hears through Redis, and takes no notice.
    pub fn lost(&self) {
        if self.relied_on {
            self.process.deafen();
        }
    }

    /// The channel is up: whatever is sent from now on will arrive here. Everything that may have been missed is dropped.
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
