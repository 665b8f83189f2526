//! Whether connections can be made, and why not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::connect::ConnectError;

/// The state of connecting: well, or failing since some time. The log hears of the beginning and of the end.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    current: Arc<Mutex<Option<Failing>>>,
    on: Arc<watch::Sender<bool>>,
    /// A reason of this age says nothing any more: nobody has tried since.
    stale: Duration,
}

#[derive(Debug)]
struct Failing {
    since: Instant,
    latest: Instant,
    attempts: u64,
    reason: String,
}

impl Outage {
    /// `patience` is how long callers wait for a connection, and how long one attempt may take.
    pub(super) fn new(patience: Duration) -> Self {
        let on = Arc::new(watch::Sender::new(false));
        Self { current: Arc::default(), on, stale: patience.saturating_mul(2) }
    }

    /// An attempt failed.
    pub(super) fn failed(&self, error: &ConnectError) {
        let (now, reason) = (Instant::now(), error.to_string());
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failing) = &mut *current {
            tracing::debug!(%error, "still no connection to Postgres");
            failing.latest = now;
            failing.attempts += 1;
            failing.reason = reason;
        } else {
            tracing::warn!(%error, "cannot connect to Postgres, trying on");
            *current = Some(Failing { since: now, latest: now, attempts: 1, reason });
            self.on.send_replace(true);
        }
    }

    /// An attempt that began at this moment led to a connection. One that began before the outage says nothing about its end.
    pub(super) fn succeeded(&self, begun: Instant) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Failing { since, attempts, .. }) = current.take_if(|failing| failing.since <= begun) {
            let lasted_ms = since.elapsed().as_millis();
            tracing::info!(lasted_ms, failed_attempts = attempts, "connected to Postgres again");
            self.on.send_replace(false);
        }
    }

    /// Why connecting fails just now.
    pub(super) fn reason(&self) -> Option<String> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|failing| failing.latest.elapsed() < self.stale)
            .map(|failing| failing.reason.clone())
    }

    /// Tells whether connecting fails, and when that changes.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.on.subscribe()
    }
}

impl bb8::ErrorSink<ConnectError> for Outage {
    fn sink(&self, error: ConnectError) {
        // Failed attempts are noted where they fail.
        if matches!(error, ConnectError::Closed) {
            tracing::debug!("a pooled connection was closed by the server and is replaced");
        }
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<ConnectError>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: &str) -> ConnectError {
        ConnectError::Refused { target: "db".to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn a_reason_lasts_until_a_connection_is_made() {
        let (outage, early) = (Outage::new(Duration::from_mins(1)), Instant::now());
        let on = outage.watch();
        assert_eq!((outage.reason(), *on.borrow()), (None, false));
        outage.failed(&refused("Connection refused"));
        outage.failed(&refused("starting up"));
        assert_eq!(outage.reason().unwrap(), "cannot connect to db: starting up");
        assert!(*on.borrow());
        outage.succeeded(early);
        assert!(*on.borrow(), "the attempt is older than the outage");
        outage.succeeded(Instant::now());
        assert_eq!((outage.reason(), *on.borrow()), (None, false));
    }

    #[test]
    fn a_reason_that_nobody_has_looked_after_expires() {
        let outage = Outage::new(Duration::ZERO);
        outage.failed(&refused("Connection refused"));
        assert_eq!(outage.reason(), None);
    }
}
