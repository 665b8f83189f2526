//! Evictions that a write owes to the caches: after its commit, and also where nobody knows whether there was one.

mod channel;
mod doubt;
mod pending;

pub(crate) use self::channel::join;
pub(super) use self::doubt::Doubt;
pub(super) use self::pending::Pending;
