//! What all handles point at.

use std::sync::Weak;

use wh_crypto::{BackupCodePool, KeyRing};
use wh_plans::Plans;

use crate::cache::RowCache;
use crate::engine::listener::Listener;
use crate::engine::pool::Pool;

/// The pool, and what the repositories need beside it.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    /// Hears what other processes have done.
    pub(crate) listener: Listener,
    pub(crate) keys: KeyRing,
    pub(crate) plans: Plans,
    /// Where backup codes are hashed.
    pub(crate) codes: BackupCodePool,
    pub(crate) cache: RowCache,
    /// For tasks that outlive an operation, and must not keep the database open.
    pub(crate) me: Weak<Inner>,
}
