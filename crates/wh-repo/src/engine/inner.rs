//! What all handles point at.

use std::sync::{OnceLock, Weak};

use wh_crypto::{BackupCodePool, KeyRing};
use wh_plans::Plans;
use wh_types::ResourceLimits;

use crate::cache::RowCache;
use crate::engine::listener::Listener;
use crate::engine::pool::Pool;
use crate::policy::Policy;

/// The pool, and what the repositories need beside it.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    /// Hears what other processes have done.
    pub(crate) listener: Listener,
    pub(crate) keys: KeyRing,
    pub(crate) plans: Plans,
    /// What an app may use whose deployment names no limits, as far as its plan allows it.
    pub(crate) default_limits: OnceLock<ResourceLimits>,
    pub(crate) policy: OnceLock<Policy>,
    /// Where backup codes are hashed.
    pub(crate) codes: BackupCodePool,
    pub(crate) cache: RowCache,
    /// For tasks that outlive an operation, and must not keep the database open.
    pub(crate) me: Weak<Inner>,
}

/// Processes and threads of an app, where the configuration says nothing.
const DEFAULT_PIDS: u32 = 256;

impl Inner {
    /// The policy that was set before the first operation, or the default one.
    pub(crate) fn policy(&self) -> &Policy {
        self.policy.get_or_init(Policy::default)
    }

    /// The limits of an app whose deployment names none: the smaller of the plan's and the configured ones.
    pub(crate) fn default_limits(&self, plan: ResourceLimits) -> ResourceLimits {
        let library = ResourceLimits { pids: DEFAULT_PIDS, ..ResourceLimits::default() };
        let own = self.default_limits.get().copied().unwrap_or(library);
        ResourceLimits {
            cpu_milli: smaller(plan.cpu_milli, own.cpu_milli),
            memory_mib: smaller(plan.memory_mib, own.memory_mib),
            disk_mib: smaller(plan.disk_mib, own.disk_mib),
            bandwidth_kbit: smaller(plan.bandwidth_kbit, own.bandwidth_kbit),
            pids: own.pids,
        }
    }
}

/// The smaller of two limits, of which 0 is none.
fn smaller(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, limit) | (limit, 0) => limit,
        _ => one.min(other),
    }
}
