#![doc = include_str!("../README.md")]

mod address;
pub mod catalogue;
mod database;
mod proxy;
mod redis_server;
mod smtp;
pub mod stack;

pub use address::with_database;
pub use database::TestDatabase;
pub use proxy::Proxy;
pub use redis_server::RedisServer;
pub use smtp::{SmtpScript, SmtpServer};
