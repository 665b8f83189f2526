//! What requests and connections of this process tell each other: hints, none of which is needed for anything to be right.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, oneshot, watch};
use wh_data::repo::NewLogLine;
use wh_data::types::WorkerId;

/// Lines that a slow reader may be behind. It misses the ones beyond.
const LINES: usize = 4096;

/// The hub.
pub(crate) struct Hub {
    lines: broadcast::Sender<NewLogLine>,
    work: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    connections: Mutex<HashMap<WorkerId, (u64, oneshot::Sender<()>)>>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            lines: broadcast::Sender::new(LINES),
            work: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            connections: Mutex::default(),
        }
    }

    /// Shows a line to who watches.
    pub(crate) fn print(&self, line: NewLogLine) {
        // Nobody may be there.
        drop(self.lines.send(line));
    }

    /// All lines from now on.
    pub(crate) fn lines(&self) -> broadcast::Receiver<NewLogLine> {
        self.lines.subscribe()
    }

    /// There is a job that no worker has yet.
    pub(crate) fn job_made(&self) {
        self.work.send_modify(|made| *made += 1);
    }

    /// Changes whenever there is one.
    pub(crate) fn work(&self) -> watch::Receiver<u64> {
        self.work.subscribe()
    }

    /// Ends all connections.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Becomes true when the process ends.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Notes the connection of a worker, and ends the one that it had: a worker that connects anew has lost that one. The
    /// receiver hears of the next.
    pub(crate) fn enter(&self, worker: WorkerId) -> (u64, oneshot::Receiver<()>) {
        let (replaced, hears) = oneshot::channel();
        let mut connections = self.connections();
        let serial = connections.get(&worker).map_or(0, |(serial, _)| serial + 1);
        if let Some((_, before)) = connections.insert(worker, (serial, replaced)) {
            // It may have ended by itself.
            let _ended = before.send(());
        }
        (serial, hears)
    }

    /// Forgets a connection. False where another one has taken its place.
    pub(crate) fn leave(&self, worker: WorkerId, serial: u64) -> bool {
        let mut connections = self.connections();
        let last = connections.get(&worker).is_some_and(|(current, _)| *current == serial);
        if last {
            connections.remove(&worker);
        }
        last
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<WorkerId, (u64, oneshot::Sender<()>)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
