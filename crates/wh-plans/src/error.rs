//! Refusals of plans and of the registry.

use wh_types::{Limit, OverrideFault, PlanId};

/// A refusal of this crate.
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
        /// The request, with its unit.
        asked: String,
        /// The limit of the plan, with its unit.
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
    #[error("plans.{plan}.{limit} is too large: at most {max}, or {unlimited} for no limit")]
    TooLarge {
        /// The plan.
        plan: PlanId,
        /// The limit.
        limit: Limit,
        /// The largest value, with its unit.
        max: String,
        /// The word for no limit.
        unlimited: &'static str,
    },
    /// A plan that does not exist.
    #[error("there is no plan {given:?}: the plans are {}", join(.known))]
    Unknown {
        /// The name that was given, cut to 32 characters.
        given: String,
        /// The plans that there are.
        known: Vec<PlanId>,
    },
}

impl PlanError {
    /// The error of a faulty override.
    pub(crate) fn of(plan: &PlanId, fault: OverrideFault) -> Self {
        let plan = plan.clone();
        match fault {
            OverrideFault::Incomplete { missing } => Self::Incomplete { plan, missing },
            OverrideFault::TooLarge { limit, max, unlimited } => {
                Self::TooLarge { plan, limit, max, unlimited }
            }
        }
    }
}

fn join(plans: &[PlanId]) -> String {
    plans.iter().map(PlanId::as_str).collect::<Vec<_>>().join(", ")
}
