#![doc = include_str!("../README.md")]

mod cache;
#[cfg(feature = "redis")]
mod error;
mod eviction;
mod inlet;
mod load;
mod namespace;
mod observe;
mod outward;
mod pattern;
mod process;
#[cfg_attr(not(feature = "redis"), path = "no_redis.rs")]
mod redis;
mod settings;

pub use cache::Cache;
#[cfg(feature = "redis")]
pub use error::CacheError;
pub use eviction::{Eviction, MalformedEviction};
pub use inlet::Inlet;
pub use namespace::Namespace;
pub use outward::Bus;
#[cfg(feature = "redis")]
pub use redis::{RedisSettings, RedisState};
pub use settings::CacheSettings;
