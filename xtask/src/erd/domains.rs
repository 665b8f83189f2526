//! Which tables belong together.

use super::catalogue::Table;
use crate::failure::{Failure, Outcome};

/// Tables of one subject, in the order in which they are drawn.
pub(super) struct Domain {
    pub(super) title: &'static str,
    pub(super) colour: &'static str,
    pub(super) tables: Vec<Table>,
}

const DOMAINS: &[(&str, &str, &[&str])] = &[
    (
        "Accounts",
        "#2563eb",
        &[
            "users",
            "sessions",
            "pending_totps",
            "backup_codes",
            "second_factor_failures",
            "git_provider_tokens",
        ],
    ),
    ("Apps", "#0f766e", &["apps", "app_env_vars", "domains"]),
    ("Work", "#b45309", &["workers", "deployments", "jobs"]),
    ("Watching", "#7c3aed", &["runtime_logs", "usage_samples", "app_alert_rules", "alerts"]),
    ("Telling others", "#be185d", &["webhooks", "webhook_subscriptions", "webhook_deliveries"]),
    (
        "Audit trail",
        "#4d7c0f",
        &["audit_events", "audit_chain", "audit_heads", "audit_seals", "audit_backlog"],
    ),
    ("The layer itself", "#475569", &["installation", "encryption_keys", "schema_migrations"]),
];

/// Puts each table into its domain.
pub(super) fn sorted(mut tables: Vec<Table>) -> Outcome<Vec<Domain>> {
    let mut domains = Vec::new();
    for (title, colour, names) in DOMAINS {
        let mut own = Vec::new();
        for name in *names {
            let place = tables.iter().position(|table| table.name == *name);
            let place = place.ok_or_else(|| {
                Failure::new(format!("there is no table {name}: take it out of xtask/src/erd/domains.rs"))
            })?;
            own.push(tables.remove(place));
        }
        domains.push(Domain { title, colour, tables: own });
    }
    match tables.first() {
        Some(table) => Err(Failure::new(format!(
            "the table {} is in no domain: add it to one in xtask/src/erd/domains.rs",
            table.name
        ))),
        None => Ok(domains),
    }
}
