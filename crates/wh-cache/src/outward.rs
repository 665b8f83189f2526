//! How evictions leave this process.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{runtime::Handle, time::timeout};

use crate::{cache::Inner, eviction::Eviction};

/// Longest that a caller waits for evictions to leave. They go on leaving afterwards.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// A channel to the other processes, for where there is no Redis: Postgres NOTIFY, for example. What arrives from it goes to the
/// [`Inlet`](crate::Inlet).
pub trait Bus: Send + Sync + 'static {
    /// Sends evictions to every other process, and does what it can about a channel that is down: nobody hears of a failure.
    fn publish(&self, evictions: Vec<Eviction>) -> BoxFuture<'static, ()>;
}

impl Inner {
    /// Sends evictions out in a task of their own, so that a caller who goes away does not hold them back, and waits a little.
    pub(crate) async fn send_out(self: &Arc<Self>, evictions: Vec<Eviction>) {
        if self.bus.is_none() {
            return;
        }
        let inner = Arc::clone(self);
        let work = async move { inner.deliver(evictions).await };
        match Handle::try_current() {
            Ok(runtime) => drop(timeout(PATIENCE, runtime.spawn(work)).await),
            Err(_) => work.await,
        }
    }

    async fn deliver(&self, evictions: Vec<Eviction>) {
        if let Some(bus) = &self.bus {
            bus.publish(evictions).await;
        }
    }
}
