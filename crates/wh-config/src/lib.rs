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
mod plans;
mod reader;
mod sections;
mod server_secrets;
mod setting;
mod shape;
mod sources;
mod spec;
mod yaml;

pub use config::Config;
pub use error::{ConfigError, Fault, Origin, Problem};
pub use example::example_yaml;
pub use json_schema::json_schema;
pub use sections::*;
pub use server_secrets::ServerSecrets;
pub use sources::Sources;
pub use wh_types::{
    Host, HttpUrl, LogFormat, LogLevel, MailTransport, SmtpTls, SslMode, StoredForm, TargetSessionAttrs,
    Vocabulary,
};
