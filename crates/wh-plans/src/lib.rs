#![doc = include_str!("../README.md")]

mod error;
mod plan;
mod registry;

pub use error::{Limit, PlanError};
pub use plan::Plan;
pub use registry::Plans;
pub use wh_types::{Bandwidth, Cpu, PlanId, PlanOverride, PlanOverrides, ResourceLimits, Size};
