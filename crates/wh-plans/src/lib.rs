#![doc = include_str!("../README.md")]

mod error;
mod plan;
mod registry;

pub use error::PlanError;
pub use plan::Plan;
pub use registry::Plans;
pub use wh_types::{Bandwidth, Cpu, Limit, PlanId, PlanOverride, PlanOverrides, ResourceLimits, Size};
