//! Whether this process hears of the evictions of others.

use std::sync::atomic::{AtomicU8, Ordering};

/// What the tier in the process may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// There are no others: entries live as long as they were meant to.
    Alone,
    /// Evictions of others arrive: the same.
    Listening,
    /// Evictions may be missed: entries are handed out for a very short time only.
    Deaf,
    /// The cache was closed: nothing is kept and nothing handed out.
    Closed,
}

/// A [`Hearing`] that threads share.
#[derive(Debug)]
pub(super) struct SharedHearing(AtomicU8);

impl SharedHearing {
    pub(super) fn new(hearing: Hearing) -> Self {
        Self(AtomicU8::new(code(hearing)))
    }

    pub(super) fn get(&self) -> Hearing {
        match self.0.load(Ordering::Acquire) {
            0 => Hearing::Alone,
            1 => Hearing::Listening,
            2 => Hearing::Deaf,
            _ => Hearing::Closed,
        }
    }

    /// Changes it, unless the cache was closed.
    pub(super) fn set(&self, hearing: Hearing) {
        let unless_closed = |now: u8| (now != code(Hearing::Closed)).then_some(code(hearing));
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, unless_closed);
    }
}

const fn code(hearing: Hearing) -> u8 {
    match hearing {
        Hearing::Alone => 0,
        Hearing::Listening => 1,
        Hearing::Deaf => 2,
        Hearing::Closed => 3,
    }
}
