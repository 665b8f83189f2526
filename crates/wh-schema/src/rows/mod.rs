//! One row type per table, named for what one row is; `Row::query()` selects exactly its columns.
//!
//! Fields are the columns, in their units. A secret is a [`Ciphertext`](wh_types::Ciphertext) or a hash. A row serialises without
//! its secrets.

mod alerts;
mod app_alert_rules;
mod app_env_vars;
mod apps;
mod audit_events;
mod backup_codes;
mod deployments;
mod domains;
mod encryption_keys;
mod git_provider_tokens;
mod hash;
mod installation;
mod jobs;
mod pending_totps;
mod runtime_logs;
mod sessions;
mod usage_samples;
mod users;
mod webhook_deliveries;
mod webhooks;
mod words;
mod workers;

pub use alerts::Alert;
pub use app_alert_rules::AppAlertRule;
pub use app_env_vars::AppEnvVar;
pub use apps::App;
pub use audit_events::AuditEvent;
pub use backup_codes::BackupCode;
pub use deployments::Deployment;
pub use domains::Domain;
pub use encryption_keys::EncryptionKey;
pub use git_provider_tokens::GitProviderToken;
pub use hash::CodeHash;
pub use installation::Installation;
pub use jobs::Job;
pub use pending_totps::PendingTotp;
pub use runtime_logs::RuntimeLogLine;
pub use sessions::Session;
pub use usage_samples::UsageSample;
pub use users::User;
pub use webhook_deliveries::WebhookDelivery;
pub use webhooks::Webhook;
use words::Words;
pub use workers::Worker;
