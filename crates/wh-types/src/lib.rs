#![doc = include_str!("../README.md")]

mod app_name;
#[cfg(feature = "diesel")]
mod columns;
mod env_key;
mod generated_name;
mod hostname;
mod ids;
mod invalid;
mod ip_address;
mod label;
pub mod messages;
mod plan;
mod quantity;
mod reserved;
mod stored;
mod text;
mod vocabulary;

pub use app_name::{AppName, Subdomain};
pub use env_key::EnvKey;
pub use generated_name::new_app_uuid;
pub use hostname::Hostname;
pub use ids::*;
pub use invalid::Invalid;
pub use ip_address::IpAddress;
pub use messages::*;
pub use plan::{PlanId, PlanOverride, PlanOverrides};
pub use quantity::{Bandwidth, Cpu, Size};
pub use reserved::{is_reserved_hostname, is_reserved_label, reserved_labels, reserved_suffixes};
pub use stored::{Ciphertext, KeyHash};
pub use vocabulary::*;
