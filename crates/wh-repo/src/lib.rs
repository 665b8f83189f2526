#![doc = include_str!("../README.md")]

mod apps;
mod database;
mod deployments;
mod env_vars;
mod error;
mod failure;
mod inner;
mod jobs;
mod now;
mod page;
mod pool;
mod prepared;
mod repositories;
mod runtime_logs;
mod secrets;
mod session;
mod text;
mod transaction;
mod users;
mod workers;

pub use apps::{AppChanges, Apps};
pub use database::Database;
pub use deployments::{CreatedDeployment, DeploymentSpec, Deployments, Redeployment, Source};
pub use env_vars::EnvVars;
pub use error::{Conflict, Denied, Error, Result};
pub use jobs::{CreatedJob, JobOutcome, JobWithPayload, Jobs, NewPinnedJob};
pub use page::Page;
pub use pool::{ConnectError, Connector, DatabaseSettings};
pub(crate) use repositories::repositories;
pub use runtime_logs::{MAX_LINE_BYTES, NewLogLine, RuntimeLogs};
pub use transaction::Tx;
pub use users::{GoogleProfile, Users};
pub use wh_schema::rows;
pub use workers::{WorkerRegistration, Workers};
