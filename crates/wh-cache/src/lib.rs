#![doc = include_str!("../README.md")]

mod bus;
mod cache;
#[cfg(feature = "redis")]
mod error;
mod eviction;
mod inlet;
mod inner;
#[cfg(feature = "redis")]
mod installation;
mod load;
mod namespace;
mod observe;
mod pattern;
mod process;
#[cfg_attr(not(feature = "redis"), path = "no_redis.rs")]
mod redis;
mod settings;

pub use bus::Bus;
pub use cache::Cache;
#[cfg(feature = "redis")]
pub use error::CacheError;
pub use eviction::{Eviction, MalformedEviction};
pub use inlet::Inlet;
#[cfg(feature = "redis")]
pub use installation::Installation;
pub use namespace::Namespace;
#[cfg(feature = "redis")]
pub use redis::{RedisSettings, RedisState};
pub use settings::CacheSettings;
