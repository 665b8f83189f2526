//! How long things are kept, and how much of the work a run does.

use std::time::Duration;

use crate::engine::batch;

/// Most days of log partitions that are made ahead.
const MOST_DAYS_AHEAD: u32 = 90;

/// What [`Maintenance::run`](crate::Maintenance::run) keeps, and how much it does in one go. Something is old when it is
/// older than its time; at exactly its time it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceOptions {
    /// How long a worker may build without a word (`jobs.build_timeout`): 10 minutes. A job is stuck 5 minutes later.
    pub build_timeout: Duration,
    /// How long a session stays after it was revoked: 30 days. One that was not seen for 30 days goes in any case.
    pub revoked_sessions: Duration,
    /// How long the record of a webhook delivery stays: 30 days.
    pub webhook_deliveries: Duration,
    /// How long a usage sample stays after its bucket began: 90 days.
    pub usage_samples: Duration,
    /// How long a domain may be claimed without being verified: 7 days.
    pub domain_claims: Duration,
    /// How long an alert stays after it was resolved: 90 days.
    pub resolved_alerts: Duration,
    /// How long a job stays after its end: 90 days.
    pub finished_jobs: Duration,
    /// How long the build log of a deployment stays after its end: 90 days.
    pub build_logs: Duration,
    /// How long log lines stay: 14 days. They go by whole days of UTC, so that up to a day more is there.
    pub runtime_logs: Duration,
    /// For how many days after today log partitions are made: 7, and at most 90.
    pub log_days_ahead: u32,
    /// How long an online worker may be silent: 2 minutes.
    pub silence: Duration,
    /// Rows of one batch, which is one short transaction: 2,000, and at most 10,000. Jobs and workers go in batches of
    /// at most 500, log partitions one by one.
    pub batch_rows: u32,
    /// Most batches of a step in one run: 500.
    pub batches: u32,
    /// Longest wait for a lock on the log tables, and so the longest time that their readers and writers queue behind it: 300 ms.
    /// A lock is tried a few times, and then left for the next run.
    pub lock_wait: Duration,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self {
            build_timeout: Duration::from_mins(10),
            revoked_sessions: days(30),
            webhook_deliveries: days(30),
            usage_samples: days(90),
            domain_claims: days(7),
            resolved_alerts: days(90),
            finished_jobs: days(90),
            build_logs: days(90),
            runtime_logs: days(14),
            log_days_ahead: 7,
            silence: Duration::from_mins(2),
            batch_rows: 2_000,
            batches: 500,
            lock_wait: Duration::from_millis(300),
        }
    }
}

impl MaintenanceOptions {
    /// The same within what a run can do: at least one batch of one row, and no wait for ever, which 0 would mean.
    pub(super) fn bounded(&self) -> Self {
        let most_rows = u32::try_from(batch::MAX).unwrap_or(u32::MAX);
        Self {
            log_days_ahead: self.log_days_ahead.min(MOST_DAYS_AHEAD),
            batch_rows: self.batch_rows.clamp(1, most_rows),
            batches: self.batches.max(1),
            lock_wait: self.lock_wait.clamp(Duration::from_millis(1), Duration::from_mins(1)),
            ..self.clone()
        }
    }
}
