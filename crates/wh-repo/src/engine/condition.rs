//! What is known of a pooled connection without asking the server.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What the users of a connection leave behind.
#[derive(Default)]
pub(crate) struct Condition {
    /// Set while work is under way. A connection that comes back in this state was abandoned by a dropped future: a query may
    /// still run on it, or a transaction be open.
    busy: AtomicBool,
    /// Answers that were not read to their end.
    in_flight: AtomicU32,
    /// BEGIN was sent, and its end not seen.
    transaction: AtomicBool,
    /// A statement found the connection dead, which the driver may notice only later, or unfit for the next.
    dead: AtomicBool,
    /// A statement found that the server takes no writes.
    read_only: AtomicBool,
    /// A statement found its plan stale.
    stale: AtomicBool,
}

impl Condition {
    /// Work begins.
    pub(super) fn begin(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Work has ended, and no transaction is open.
    pub(super) fn end(&self) {
        self.transaction.store(false, Ordering::Relaxed);
        self.busy.store(false, Ordering::Relaxed);
    }

    /// BEGIN is sent.
    pub(super) fn begin_transaction(&self) {
        self.transaction.store(true, Ordering::Relaxed);
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.transaction.load(Ordering::Relaxed)
    }

    /// A statement is sent.
    pub(super) fn sent(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    /// Its answer was read to the end.
    pub(super) fn answered(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many answers are missing.
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// An answer has come that the server gives after all those before it.
    pub(super) fn settle(&self) {
        self.in_flight.store(0, Ordering::Release);
    }

    /// The connection must not be lent again.
    pub(super) fn bury(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// The server takes no writes: it became a standby, and a new connection may find the new primary.
    pub(super) fn bury_read_only(&self) {
        self.read_only.store(true, Ordering::Relaxed);
        self.bury();
    }

    /// A table has changed under the plans of this connection, and so under those of all that are as old.
    pub(super) fn bury_stale(&self) {
        self.stale.store(true, Ordering::Relaxed);
        self.bury();
    }

    /// True where a statement may still run, or a transaction be open.
    pub(super) fn is_abandoned(&self) -> bool {
        self.busy.load(Ordering::Relaxed) || self.in_flight() > 0
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }
}
