//! What all handles point at.

use wh_crypto::{BackupCodePool, KeyRing};
use wh_plans::Plans;

use crate::listener::Listener;
use crate::pool::Pool;

/// The pool, and what the repositories need beside it.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    /// Hears what other processes have done.
    pub(crate) listener: Listener,
    pub(crate) keys: KeyRing,
    pub(crate) plans: Plans,
    /// Where backup codes are hashed.
    pub(crate) codes: BackupCodePool,
}
