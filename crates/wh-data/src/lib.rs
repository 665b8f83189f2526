#![doc = include_str!("../README.md")]

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(all(feature = "config", feature = "repo"))]
mod configured;
#[cfg(feature = "repo")]
mod health;
#[cfg(all(feature = "config", feature = "mail"))]
mod mail_settings;
#[cfg(feature = "repo")]
mod start;

#[cfg(all(feature = "cache", feature = "config", feature = "repo"))]
pub use configured::cache_settings;
#[cfg(all(feature = "config", feature = "repo"))]
pub use configured::{database_settings, direct_settings, key_ring, maintenance_options, policy};
#[cfg(feature = "repo")]
pub use health::Health;
#[cfg(all(feature = "config", feature = "mail"))]
pub use mail_settings::mail_settings;
#[cfg(feature = "repo")]
pub use start::{DataLayer, Ended, StartError};
#[cfg(feature = "cache")]
pub use wh_cache as cache;
#[cfg(feature = "config")]
pub use wh_config as config;
#[cfg(feature = "crypto")]
pub use wh_crypto as crypto;
#[cfg(feature = "mail")]
pub use wh_mail as mail;
#[cfg(feature = "plans")]
pub use wh_plans as plans;
#[cfg(feature = "repo")]
pub use wh_repo as repo;
#[cfg(feature = "schema")]
pub use wh_schema as schema;
pub use wh_types as types;
/// The libraries whose types stand in the signatures, in the versions that fit.
pub use {chrono, secrecy, uuid};

/// Compiles the code of the project's README.
#[cfg(all(doctest, feature = "config", feature = "mail", feature = "repo"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
