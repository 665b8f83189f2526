#![doc = include_str!("../README.md")]

mod audit;
mod cache;
mod database;
mod engine;
mod error;
mod page;
mod policy;
mod repositories;
mod secrets;
mod text;
mod time;
mod upkeep;

pub use audit::{Audit, AuditFault, AuditProblem, AuditSeal, AuditTrail, AuditTrails};
pub use database::Database;
pub use engine::Tx;
pub use engine::pool::{ConnectError, Connector, DatabaseSettings};
pub use error::{Code, Conflict, Denied, Error, KeyMismatch, Reason, Result, Unopenable};
pub use page::Page;
pub use policy::Policy;
pub use repositories::*;
pub use secrets::{
    Census, ColumnCensus, RecordedKey, RotateOptions, Rotation, Sealing, Secrets, SecretsProgress,
};
pub use upkeep::{
    Maintenance, MaintenanceOptions, MaintenanceReport, MaintenanceStep, MaintenanceStepReport,
};
pub use wh_schema::rows;

/// Compiles the code of the page about errors.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/errors.md")]
mod errors_page {}
