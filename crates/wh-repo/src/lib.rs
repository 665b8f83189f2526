#![doc = include_str!("../README.md")]

mod alert_rules;
mod alerts;
mod apps;
mod audit_events;
mod backup_codes;
mod batch;
#[cfg(feature = "cache")]
mod cache;
#[cfg(not(feature = "cache"))]
#[path = "uncached.rs"]
mod cache;
mod changes;
mod database;
mod deployments;
mod domains;
mod encrypted_columns;
mod env_vars;
mod error;
mod failure;
mod git_tokens;
mod inner;
mod jobs;
mod key_check;
mod key_mismatch;
mod key_records;
mod listener;
mod maintenance;
mod now;
mod page;
mod pending_totps;
mod pool;
mod prepared;
mod reencryption;
mod repositories;
mod runtime_logs;
mod secrets;
mod session;
mod sessions;
mod text;
mod time;
mod transaction;
mod usage_samples;
mod users;
mod webhooks;
mod workers;

pub use alert_rules::{AlertRules, NewAlertRule};
pub use alerts::{AlertFilter, AlertPage, AlertStats, Alerts, CreatedAlert, NewAlert};
pub use apps::{AppChanges, Apps};
pub use audit_events::{AuditEvents, NewAuditEvent};
pub use backup_codes::BackupCodes;
pub use database::Database;
pub use deployments::{CreatedDeployment, DeploymentSpec, Deployments, Redeployment, Source};
pub use domains::{Domains, NewDomain};
pub use env_vars::EnvVars;
pub use error::{Conflict, Denied, Error, Result};
pub use git_tokens::{GitToken, GitTokens, LinkedProvider};
pub use jobs::{CreatedJob, JobOutcome, JobWakeups, JobWithPayload, Jobs, NewPinnedJob};
pub use key_mismatch::{KeyMismatch, Unopenable};
pub use key_records::RecordedKey;
pub use maintenance::{
    Maintenance, MaintenanceOptions, MaintenanceReport, MaintenanceStep, MaintenanceStepReport,
};
pub use page::Page;
pub use pending_totps::{PendingSignIn, PendingTotps};
pub use pool::{ConnectError, Connector, DatabaseSettings};
pub use reencryption::{Census, ColumnCensus, RotateOptions, Rotation, Sealing, Secrets, SecretsProgress};
pub(crate) use repositories::repositories;
pub use runtime_logs::{MAX_LINE_BYTES, NewLogLine, RuntimeLogs};
pub use sessions::{NewSession, Sessions};
pub use transaction::Tx;
pub use usage_samples::{NewUsageSample, UsageSamples, UsageScope};
pub use users::{GoogleProfile, Users};
pub use webhooks::{NewDelivery, NewWebhook, WebhookChanges, WebhookStats, WebhookWithSecret, Webhooks};
pub use wh_schema::rows;
pub use workers::{WorkerRegistration, Workers};
