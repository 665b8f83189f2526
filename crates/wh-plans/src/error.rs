//! What a plan refuses, and what the registry refuses as a plan.

use std::fmt;

use wh_types::PlanId;

/// One of the limits of a plan, by the name that its override has in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// How many apps a user may have.
    MaxApps,
    /// CPU of one app.
    Cpu,
    /// Memory of one app.
    Memory,
    /// Disk of one app.
    Disk,
    /// Network bandwidth of one app.
    Bandwidth,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MaxApps => "max_apps",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Bandwidth => "bandwidth",
        })
    }
}

/// What this crate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A request asks for more than the plan gives.
    #[error("plan {plan} allows {limit} up to {allowed}, and {asked} was asked for")]
    OverLimit {
        /// The plan.
        plan: PlanId,
        /// The limit that the request breaks.
        limit: Limit,
        /// What was asked for, with its unit.
        asked: String,
        /// What the plan gives, with its unit.
        allowed: String,
    },
    /// An override adds a plan and leaves out some of its limits.
    #[error("plans.{plan} is a new plan and does not say its {missing}: a new plan states every limit")]
    Incomplete {
        /// The plan.
        plan: PlanId,
        /// The first limit that is missing.
        missing: Limit,
    },
    /// An override sets a limit to more than the database holds.
    #[error("plans.{plan}.{limit} is too large: at most {max}, or 0 for unlimited")]
    TooLarge {
        /// The plan.
        plan: PlanId,
        /// The limit.
        limit: Limit,
        /// The largest value, with its unit.
        max: String,
    },
}
