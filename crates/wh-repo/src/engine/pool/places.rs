//! Who gets a connection next: callers in the order in which they came.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

tokio::task_local! {
    /// Set inside the work that has a place of its own.
    static RESERVED: ();
}

/// As many places as the pool may have connections, and one for maintenance. bb8 lets whoever gives a connection back take it
/// again before those who wait; a place is given in turn.
pub(super) struct Places {
    callers: Arc<Semaphore>,
    reserved: Arc<Semaphore>,
    /// Held by the caller that is next, while there are fewer connections than places.
    turn: Mutex<()>,
}

impl Places {
    pub(super) fn new(connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            callers: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            reserved: Arc::new(Semaphore::new(1)),
            turn: Mutex::new(()),
        }
    }

    /// The next place; `None` after the deadline.
    pub(super) async fn take(&self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        let places = if RESERVED.try_with(|()| ()).is_ok() { &self.reserved } else { &self.callers };
        timeout_at(deadline, Arc::clone(places).acquire_owned()).await.ok()?.ok()
    }

    /// Waits until this caller is the next.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

/// Runs work whose operations take the reserved place, one after the other, however many callers wait.
pub(crate) async fn reserved<T>(work: impl Future<Output = T>) -> T {
    RESERVED.scope((), work).await
}

/// The moment until which a caller waits.
pub(super) fn deadline(patience: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(patience).unwrap_or_else(|| now + Duration::from_hours(24 * 365))
}
