//! What the test sets and the connections obey.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::ledger::Cost;

/// How all connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// In order, with a FIN.
    Cut,
    /// With a RST, as a crashed machine would.
    Reset,
}

/// The state that the test's thread and the proxy's thread share.
#[derive(Debug)]
pub(super) struct Controls {
    pub(super) round_trips: AtomicU64,
    pub(super) preparations: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) cancellations: AtomicU64,
    pub(super) refuse: AtomicBool,
    /// Which request from now on loses its answer; 0 for none.
    pub(super) swallow: AtomicU64,
    /// How many connections are open; the test waits here for the end of all.
    pub(super) open: watch::Sender<u64>,
    /// Counts the orders to end all connections. A connection ends when it changes.
    pub(super) end: watch::Sender<(u64, End)>,
    pub(super) hang: watch::Sender<bool>,
    pub(super) hold: watch::Sender<bool>,
    delay: Mutex<Duration>,
    notices: Mutex<Vec<String>>,
}

impl Controls {
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            round_trips: AtomicU64::new(0),
            preparations: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            cancellations: AtomicU64::new(0),
            refuse: AtomicBool::new(false),
            swallow: AtomicU64::new(0),
            open: watch::Sender::new(0),
            end: watch::Sender::new((0, End::Cut)),
            hang: watch::Sender::new(false),
            hold: watch::Sender::new(false),
            delay: Mutex::new(delay),
            notices: Mutex::default(),
        }
    }

    pub(super) fn count(&self, cost: Cost) {
        match cost {
            Cost::Nothing => {}
            Cost::RoundTrip => {
                self.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            Cost::Preparation => {
                self.preparations.fetch_add(1, Ordering::SeqCst);
            }
            Cost::Upgrade => {
                self.round_trips.fetch_add(1, Ordering::SeqCst);
                // The counts may have been reset since, so zero stays zero.
                let less = |count: u64| Some(count.saturating_sub(1));
                let _ = self.preparations.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
            }
        }
    }

    pub(super) fn set_delay(&self, delay: Duration) {
        *self.delay_lock() = delay;
    }

    pub(super) fn delay(&self) -> Duration {
        *self.delay_lock()
    }

    pub(super) fn note(&self, notice: String) {
        self.notices_lock().push(notice);
    }

    pub(super) fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices_lock())
    }

    /// Counts a request that runs something; true for the one whose answer is to be lost.
    pub(super) fn swallows(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.swallow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(1)
    }

    fn notices_lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delay_lock(&self) -> MutexGuard<'_, Duration> {
        self.delay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
