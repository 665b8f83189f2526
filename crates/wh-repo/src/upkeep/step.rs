//! The steps of a run.

use std::fmt;

/// One step of [`Maintenance::run`](crate::Maintenance::run).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaintenanceStep {
    /// Fails jobs that nobody will bring to an end ([`Jobs::fail_stuck`](crate::Jobs::fail_stuck)).
    StuckJobs,
    /// Marks workers offline that were not heard of
    /// ([`Workers::mark_silent_offline`](crate::Workers::mark_silent_offline)).
    SilentWorkers,
    /// Makes the partitions of today and of the coming days of runtime logs. Many lines that had no partition first become a
    /// partition of their own, which may be of several days.
    ComingLogDays,
    /// Chains audit events from before the chain of hashes ([`Audit::verify`](crate::Audit::verify)).
    AuditBacklog,
    /// Signs the heads of audit trails whose seal is older than their first link after it by a day, after verifying what came since.
    /// Only if the current key of this process is on record ([`Secrets::check`](crate::Secrets::check)).
    AuditSeals,
    /// Deletes expired sign-ins ([`PendingTotps::prune`](crate::PendingTotps::prune)).
    PendingTotps,
    /// Deletes dead sessions ([`Sessions::prune`](crate::Sessions::prune)).
    Sessions,
    /// Deletes domains that were claimed and not verified ([`Domains::prune_claims`](crate::Domains::prune_claims)).
    DomainClaims,
    /// Deletes old deliveries ([`Webhooks::prune_deliveries`](crate::Webhooks::prune_deliveries)).
    WebhookDeliveries,
    /// Deletes old usage samples ([`UsageSamples::prune`](crate::UsageSamples::prune)).
    UsageSamples,
    /// Deletes alerts that are over ([`Alerts::prune_resolved`](crate::Alerts::prune_resolved)).
    ResolvedAlerts,
    /// Empties old build logs ([`Deployments::prune_logs`](crate::Deployments::prune_logs)).
    BuildLogs,
    /// Deletes jobs that are over ([`Jobs::prune`](crate::Jobs::prune)).
    FinishedJobs,
    /// Deletes old log lines that had no partition of their own.
    LateLogLines,
    /// Drops the partitions of old days of runtime logs, oldest first.
    OldLogDays,
}

impl MaintenanceStep {
    /// Every step, in the order in which they run: first what somebody waits for, last what frees space.
    pub const ALL: [Self; 15] = [
        Self::StuckJobs,
        Self::SilentWorkers,
        Self::ComingLogDays,
        Self::AuditBacklog,
        Self::AuditSeals,
        Self::PendingTotps,
        Self::Sessions,
        Self::DomainClaims,
        Self::WebhookDeliveries,
        Self::UsageSamples,
        Self::ResolvedAlerts,
        Self::BuildLogs,
        Self::FinishedJobs,
        Self::LateLogLines,
        Self::OldLogDays,
    ];

    /// Its name in metrics, such as `webhook_deliveries`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StuckJobs => "stuck_jobs",
            Self::SilentWorkers => "silent_workers",
            Self::ComingLogDays => "coming_log_days",
            Self::AuditBacklog => "audit_backlog",
            Self::AuditSeals => "audit_seals",
            Self::PendingTotps => "pending_totps",
            Self::Sessions => "sessions",
            Self::DomainClaims => "domain_claims",
            Self::WebhookDeliveries => "webhook_deliveries",
            Self::UsageSamples => "usage_samples",
            Self::ResolvedAlerts => "resolved_alerts",
            Self::BuildLogs => "build_logs",
            Self::FinishedJobs => "finished_jobs",
            Self::LateLogLines => "late_log_lines",
            Self::OldLogDays => "old_log_days",
        }
    }

    /// What it does to what, as a sentence goes on after a number.
    pub(super) const fn deed(self) -> &'static str {
        match self {
            Self::StuckJobs => "stuck jobs failed",
            Self::SilentWorkers => "silent workers marked offline",
            Self::ComingLogDays => "coming days of logs made",
            Self::AuditBacklog => "older audit events chained",
            Self::AuditSeals => "audit trails sealed",
            Self::PendingTotps => "expired sign-ins deleted",
            Self::Sessions => "dead sessions deleted",
            Self::DomainClaims => "unverified domains deleted",
            Self::WebhookDeliveries => "webhook deliveries deleted",
            Self::UsageSamples => "usage samples deleted",
            Self::ResolvedAlerts => "resolved alerts deleted",
            Self::BuildLogs => "build logs emptied",
            Self::FinishedJobs => "finished jobs deleted",
            Self::LateLogLines => "late log lines deleted",
            Self::OldLogDays => "old days of logs dropped",
        }
    }
}

impl fmt::Display for MaintenanceStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
