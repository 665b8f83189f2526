//! The channel between processes where there is no Redis.

use futures_util::future::BoxFuture;

use crate::eviction::Eviction;

/// A channel to the other processes for a cache without Redis, like Postgres NOTIFY. What arrives from it goes to the
/// [`Inlet`](crate::Inlet).
pub trait Bus: Send + Sync + 'static {
    /// Sends evictions to every other process. It handles a broken channel itself: no failure is reported.
    fn publish(&self, evictions: Vec<Eviction>) -> BoxFuture<'static, ()>;
}
