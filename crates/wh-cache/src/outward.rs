//! How evictions leave this process.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

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
    /// Whether anybody has to be told of evictions.
    pub(crate) fn has_others(&self) -> bool {
        self.redis.is_some() || self.bus.is_some()
    }

    /// Sends evictions out in a task of their own, so that a caller who goes away does not hold them back. What they cover is not
    /// read from Redis from now on; the task ends when they are delivered.
    pub(crate) fn send_out(self: &Arc<Self>, evictions: Vec<Eviction>) -> JoinHandle<()> {
        let batch = self.redis.as_ref().map(|redis| redis.announce(&evictions));
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            match (&inner.redis, batch, &inner.bus) {
                (Some(redis), Some(batch), _) => redis.deliver(&batch).await,
                (_, _, Some(bus)) => bus.publish(evictions).await,
                _ => {}
            }
        })
    }
}
