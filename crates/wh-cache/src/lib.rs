#![doc = include_str!("../README.md")]

mod cache;
mod eviction;
mod inlet;
mod load;
mod namespace;
mod observe;
mod outward;
mod pattern;
mod process;
mod settings;

pub use cache::Cache;
pub use eviction::{Eviction, MalformedEviction};
pub use inlet::Inlet;
pub use namespace::Namespace;
pub use outward::Bus;
pub use settings::CacheSettings;
