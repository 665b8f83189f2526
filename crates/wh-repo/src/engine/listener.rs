//! What Postgres tells of its own accord: one connection per process that hears notifications for everybody in it.
//!
//! A notification is sent with the commit of the transaction that asked for it, and reaches whoever listens just then.
//! Nobody keeps it for those who do not, so that after every gap a subscriber has to look for itself.

mod backoff;
mod channels;
mod connection;
mod notify;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use self::channels::Channels;
pub(crate) use self::subscription::{Event, Subscription};
use crate::engine::pool::Connector;

/// The listening connection of a [`Database`](crate::Database) and all of its clones: opened with the first subscription,
/// opened again whenever it breaks, closed with the last subscription or the last clone.
pub(crate) struct Listener {
    channels: Arc<Channels>,
    /// Past any pooler; `None` where only a pooler is known.
    connector: Option<Connector>,
    runtime: Handle,
    task: OnceLock<Option<AbortHandle>>,
}

impl Listener {
    pub(crate) fn new(connector: Option<Connector>, runtime: Handle) -> Self {
        Self { channels: Arc::default(), connector, runtime, task: OnceLock::new() }
    }

    /// Hears what is sent on a channel from now on. The channel counts as down until the first [`Event::Gap`]. No round
    /// trips.
    pub(crate) fn subscribe(&self, channel: &'static str) -> Subscription {
        let subscription = self.channels.subscribe(channel);
        self.task.get_or_init(|| self.start());
        subscription
    }

    /// Where whoever waits for notifications may set its timers.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    fn start(&self) -> Option<AbortHandle> {
        let Some(connector) = self.connector.clone() else {
            tracing::warn!(
                "notifications do not pass a pooler in transaction mode, so that workers wait for their next poll: \
                 set direct_url to the server itself"
            );
            return None;
        };
        let work = connection::run(Arc::clone(&self.channels), connector);
        Some(self.runtime.spawn(work).abort_handle())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = self.task.get().and_then(Option::as_ref) {
            task.abort();
        }
        self.channels.close();
    }
}
