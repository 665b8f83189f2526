#![doc = include_str!("../README.md")]

mod address;
pub mod catalogue;
mod database;
mod proxy;
pub mod services;
pub mod source;

pub use address::with_database;
pub use database::{TestDatabase, migrate};
pub use proxy::Proxy;
pub use wh_stack as stack;
pub use wh_stack::{DurableServer, PgBouncer, PoolMode, RedisServer, SmtpScript, SmtpServer, eventually};
