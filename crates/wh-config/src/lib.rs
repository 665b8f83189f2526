#![doc = include_str!("../README.md")]

mod catalogue;
mod config;
mod credentials;
mod dsn;
mod duration;
mod environment;
mod error;
mod example;
mod json_schema;
mod layers;
mod part;
mod plans;
mod reader;
mod sections;
mod server_secrets;
mod setting;
mod shape;
mod sources;
mod spec;
mod worker_config;
mod yaml;

pub use config::Config;
pub use duration::parse_duration;
pub use error::{ConfigError, Fault, Origin, Problem};
pub use example::example_yaml;
pub use json_schema::json_schema;
pub use plans::plan_overrides;
pub use sections::*;
pub use server_secrets::ServerSecrets;
pub use sources::Sources;
pub use wh_types::{
    Host, HttpUrl, LogFormat, LogLevel, MailTransport, SmtpTls, SslMode, StoredForm, TargetSessionAttrs,
    Vocabulary,
};
pub use worker_config::WorkerConfig;
