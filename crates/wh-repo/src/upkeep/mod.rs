//! Maintenance: what a database of ours needs done now and then, in one call.

mod lock;
mod options;
mod partitions;
mod report;
mod step;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use wh_types::{JobId, WorkerId};

use self::lock::Lock;
pub use self::options::MaintenanceOptions;
use self::report::Tally;
pub use self::report::{MaintenanceReport, MaintenanceStepReport};
pub use self::step::MaintenanceStep;
use crate::audit::{backlog, seal};
use crate::engine::Executor;
use crate::engine::Inner;
use crate::engine::pool::reserved;
use crate::error::Result;
use crate::page::Page;
use crate::{Alerts, Deployments, Domains, Jobs, PendingTotps, Sessions, UsageSamples, Webhooks, Workers};

/// Longest that anything can be kept, some thousand years: beyond it there are no dates to compare with.
const FOREVER: TimeDelta = TimeDelta::days(400_000);

/// Maintenance of the database; made by [`Database::maintenance`](crate::Database::maintenance).
#[derive(Clone, Copy)]
pub struct Maintenance<'a> {
    pub(crate) inner: &'a Inner,
}

impl std::fmt::Debug for Maintenance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maintenance").finish_non_exhaustive()
    }
}

impl Maintenance<'_> {
    /// Does all that is due, and reports it: the steps of [`MaintenanceStep::ALL`] one after the other, each in batches
    /// that are transactions of their own. Does what the timers of the reference do (`PruneRevokedSessions`,
    /// `PrunePendingTOTPs`, `PruneUsageSamples`), and the sweeps of jobs and workers.
    ///
    /// Call it as often as you like, from as many processes as you like: one works, the others are told so at once
    /// ([`MaintenanceReport::elsewhere`]). A run is bounded, and says what it left for the next one. A step that fails does
    /// not keep the others from their work: its error is in the report. Nobody who reads or writes the same tables waits
    /// longer than [`MaintenanceOptions::lock_wait`] and the moment that a batch takes.
    ///
    /// The lock is that of a transaction on a connection beside the pool, which it needs for as long as it runs; it ends
    /// with that connection at the latest. Its batches have a place of their own in the pool, one connection beyond
    /// `max_connections`, so that they do not wait for callers. A future that is dropped stops at once: what its batches have done stays done.
    ///
    /// Costs three round trips for the lock, and one for each batch; making or dropping a day of log lines costs three. A backlog
    /// of log lines that have no partition takes one more connection beside the pool.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the lock cannot be asked for, or if the server is a standby. Nothing was
    /// done then.
    pub async fn run(self, options: &MaintenanceOptions) -> Result<MaintenanceReport> {
        Box::pin(reserved(self.run_in_its_place(options))).await
    }

    async fn run_in_its_place(self, options: &MaintenanceOptions) -> Result<MaintenanceReport> {
        let started = Instant::now();
        let Some(lock) = Lock::take(self.inner.pool.connector()).await? else {
            let report = MaintenanceReport::nothing(started.elapsed());
            tracing::info!("{report}");
            return Ok(report);
        };
        let mut round = Round {
            executor: Executor::Pool(self.inner),
            now: lock.now(),
            options: options.bounded(),
            lock,
            contended: partitions::RETRIES,
        };
        let mut steps = Vec::with_capacity(MaintenanceStep::ALL.len());
        for step in MaintenanceStep::ALL {
            steps.push(round.step(step).await);
        }
        round.lock.release().await;
        let report = MaintenanceReport { elapsed: started.elapsed(), steps };
        report.tell();
        Ok(report)
    }
}

/// One run at work.
struct Round<'a> {
    executor: Executor<'a>,
    options: MaintenanceOptions,
    /// The database's time when the run began.
    now: DateTime<Utc>,
    lock: Lock,
    /// How many more times a lock on the log tables is waited for again.
    contended: u32,
}

impl Round<'_> {
    async fn step(&mut self, step: MaintenanceStep) -> MaintenanceStepReport {
        let started = Instant::now();
        let mut tally = Tally::default();
        let outcome = match step {
            MaintenanceStep::ComingLogDays => self.make_coming_days(&mut tally).await,
            MaintenanceStep::OldLogDays => self.drop_old_days(&mut tally).await,
            _ => self.batches(step, &mut tally).await,
        };
        tally.report(step, started.elapsed(), outcome.err())
    }

    /// Repeats the batches of a step until one finds less than it could take, or until there were enough of them.
    async fn batches(&mut self, step: MaintenanceStep, tally: &mut Tally) -> Result<()> {
        let size = match step {
            MaintenanceStep::StuckJobs => i64::from(self.options.batch_rows).min(Page::<JobId>::MAX),
            MaintenanceStep::SilentWorkers => i64::from(self.options.batch_rows).min(Page::<WorkerId>::MAX),
            MaintenanceStep::AuditBacklog => i64::from(self.options.batch_rows).min(backlog::MOST),
            _ => i64::from(self.options.batch_rows),
        };
        let full = usize::try_from(size).unwrap_or(usize::MAX);
        loop {
            self.lock.check()?;
            tally.more = true;
            let changed = self.batch(step, size).await?;
            tally.more = changed >= full;
            tally.add(changed);
            if !tally.more || tally.batches >= self.options.batches {
                return Ok(());
            }
        }
    }

    async fn batch(&self, step: MaintenanceStep, limit: i64) -> Result<usize> {
        let (executor, options) = (self.executor, &self.options);
        match step {
            MaintenanceStep::StuckJobs => {
                Ok(Jobs { executor }.fail_stuck(options.build_timeout, limit).await?.len())
            }
            MaintenanceStep::SilentWorkers => {
                Ok(Workers { executor }.mark_silent_offline(options.silence, limit).await?.len())
            }
            MaintenanceStep::AuditBacklog => backlog::chain(executor, limit).await,
            MaintenanceStep::AuditSeals => seal::seal_due(executor, limit).await,
            MaintenanceStep::PendingTotps => PendingTotps { executor }.prune(limit).await,
            MaintenanceStep::Sessions => Sessions { executor }.prune(options.revoked_sessions, limit).await,
            MaintenanceStep::WebhookDeliveries => {
                Webhooks { executor }.prune_deliveries(self.before(options.webhook_deliveries), limit).await
            }
            MaintenanceStep::DomainClaims => {
                Domains { executor }.prune_claims(self.before(options.domain_claims), limit).await
            }
            MaintenanceStep::ResolvedAlerts => {
                Alerts { executor }.prune_resolved(self.before(options.resolved_alerts), limit).await
            }
            MaintenanceStep::BuildLogs => {
                Deployments { executor }.prune_logs(self.before(options.build_logs), limit).await
            }
            MaintenanceStep::FinishedJobs => {
                Jobs { executor }.prune(self.before(options.finished_jobs), limit).await
            }
            MaintenanceStep::UsageSamples => {
                UsageSamples { executor }.prune(self.before(options.usage_samples), limit).await
            }
            MaintenanceStep::LateLogLines => self.prune_late_lines(limit).await,
            MaintenanceStep::ComingLogDays | MaintenanceStep::OldLogDays => Ok(0),
        }
    }

    /// The moment before which whatever is kept for so long may go.
    fn before(&self, kept: Duration) -> DateTime<Utc> {
        let kept = TimeDelta::from_std(kept).unwrap_or(FOREVER).min(FOREVER);
        self.now.checked_sub_signed(kept).unwrap_or(self.now)
    }
}
