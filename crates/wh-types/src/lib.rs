#![doc = include_str!("../README.md")]

mod address;
mod app_name;
#[cfg(feature = "diesel")]
mod columns;
mod configured;
mod env_key;
mod generated_name;
mod hostname;
mod ids;
mod invalid;
mod ip_address;
mod label;
pub mod messages;
mod plan;
mod public_address;
mod quantity;
mod reserved;
mod stored;
mod text;
mod vocabulary;
mod word;

pub use address::{
    Domain, EmailAddress, Host, HostPort, HttpUrl, Mailbox, Origin, RedisUrl, check_repo_url,
    without_credentials,
};
pub use app_name::{AppName, Subdomain};
pub use configured::*;
pub use env_key::EnvKey;
pub use generated_name::new_app_uuid;
pub use hostname::Hostname;
pub use ids::*;
pub use invalid::Invalid;
pub use ip_address::IpAddress;
pub use messages::*;
pub use plan::{Limit, OverrideFault, PlanId, PlanOverride, PlanOverrides};
pub use public_address::PublicAddress;
pub use quantity::{Bandwidth, Cpu, Size};
pub use reserved::{is_reserved_hostname, is_reserved_label, reserved_labels, reserved_suffixes};
pub use stored::{Ciphertext, KeyHash};
pub use text::is_blank;
pub use vocabulary::*;
pub use word::{UnknownWord, Vocabulary};
