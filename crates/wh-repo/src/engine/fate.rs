//! What is known of a statement that was sent.

use std::sync::atomic::{AtomicBool, Ordering};

/// What became of the statements of an operation.
#[derive(Default)]
pub(super) struct Fate {
    sent: AtomicBool,
    lost: AtomicBool,
}

impl Fate {
    /// A statement is on its way.
    pub(super) fn sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// No answer came: the statement may be carried out, or not.
    pub(super) fn lost(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}
