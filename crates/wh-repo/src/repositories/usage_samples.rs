//! What apps used over time, merged into buckets and kept for 90 days.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use wh_schema::rows::UsageSample;
use wh_schema::schema::usage_samples;
use wh_types::{AppId, UserId};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, batch, sql};
use crate::error::{Error, Result};
use crate::time;

/// Operations on usage samples; made by [`Database::usage_samples`](crate::Database::usage_samples) and
/// [`Tx::usage_samples`](crate::Tx::usage_samples).
#[derive(Clone, Copy)]
pub struct UsageSamples<'a> {
    pub(crate) executor: Executor<'a>,
}

/// One or several measurements of an app within a bucket of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewUsageSample {
    /// The app.
    pub app: AppId,
    /// The beginning of the bucket.
    pub bucket_start: DateTime<Utc>,
    /// Average CPU, in milli-CPU.
    pub cpu_avg: f64,
    /// Most CPU, in milli-CPU.
    pub cpu_max: u32,
    /// Average memory, in MiB.
    pub memory_avg_mib: f64,
    /// Most memory, in MiB.
    pub memory_max_mib: u32,
    /// Bytes received.
    pub network_rx_bytes: u64,
    /// Bytes sent.
    pub network_tx_bytes: u64,
    /// Most disk that was filled, in MiB.
    pub disk_mib: u32,
    /// How many measurements these are, at least 1.
    pub samples: u32,
}

/// Whose samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageScope {
    /// Those of one app.
    App(AppId),
    /// Those of all apps of a user.
    User(UserId),
}

impl UsageSamples<'_> {
    /// Most samples of one call of [`list`](Self::list): those of an app over 90 days, one every 5 minutes, and some more.
    pub const MAX_LISTED: i64 = 30_000;

    /// Merges measurements into their bucket, and gives the bucket as it is then: averages are weighted
    /// by samples, of maxima the larger stays, counters add up. One round trip.
    ///
    /// Sent again after a lost answer the same measurements count twice. For that reason they are not sent again by
    /// themselves when the connection breaks.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist; [`Error::Invalid`] for no samples, an average that is negative or
    /// no number, or a time before the first of Postgres.
    #[doc(alias = "UpsertUsageSample")]
    pub async fn upsert(self, new: &NewUsageSample) -> Result<UsageSample> {
        for (field, average) in [("cpu_avg", new.cpu_avg), ("memory_avg_mib", new.memory_avg_mib)] {
            if !(average.is_finite() && average >= 0.0) {
                return Err(Error::invalid(field, format!("it is {average}: a number from 0 on is allowed")));
            }
        }
        if new.samples == 0 {
            return Err(Error::invalid("samples", "it is 0: at least one measurement is needed"));
        }
        time::check("bucket_start", new.bucket_start)?;
        let [cpu_max, memory_max, disk, samples] =
            [new.cpu_max, new.memory_max_mib, new.disk_mib, new.samples]
                .map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        let [received, sent] = [new.network_rx_bytes, new.network_tx_bytes]
            .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let upsert = sql!("usage_samples/upsert.sql")
            .bind(new.app)
            .bind(new.bucket_start)
            .bind(new.cpu_avg)
            .bind(cpu_max)
            .bind(new.memory_avg_mib)
            .bind(memory_max)
            .bind(received)
            .bind(sent)
            .bind(disk)
            .bind(samples);
        let rows = self.executor.write("usage_samples.upsert", NotCached, Repeat::Never, upsert).await?;
        rows.first().ok_or(Error::not_found("app"))
    }

    /// The samples whose buckets begin from `from` on and before `to`, oldest first, at most
    /// [`MAX_LISTED`](Self::MAX_LISTED) of them: where it gives so many, ask again from the last bucket on. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] where `to` lies before `from`.
    #[doc(alias = "ListUsageSamples")]
    pub async fn list(
        self,
        scope: UsageScope,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<UsageSample>> {
        if to < from {
            return Err(Error::invalid("to", format!("{to} lies before {from}, where the time begins")));
        }
        let (from, to) = (time::bound(from), time::bound(to));
        let samples = UsageSample::query()
            .filter(usage_samples::bucket_start.ge(from))
            .filter(usage_samples::bucket_start.lt(to))
            .order((usage_samples::bucket_start, usage_samples::app_id))
            .limit(Self::MAX_LISTED);
        let rows = match scope {
            UsageScope::App(app) => {
                let of_app = samples.filter(usage_samples::app_id.eq(app));
                self.executor.read("usage_samples.list", Class::Long, of_app).await?
            }
            UsageScope::User(user) => {
                let of_user = samples.filter(usage_samples::user_id.eq(user));
                self.executor.read("usage_samples.list", Class::Long, of_user).await?
            }
        };
        Ok(rows.all())
    }

    /// Deletes samples whose bucket began before `older_than`, oldest first, and says how many.
    /// `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it gives fewer, or have
    /// [`Maintenance::run`](crate::Maintenance::run) do so. Any number of processes may prune at once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    #[doc(alias = "PruneUsageSamples")]
    pub async fn prune(self, older_than: DateTime<Utc>, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let prune = sql!("usage_samples/prune.sql").bind(time::bound(older_than)).bind(limit);
        let pruned =
            self.executor.write("usage_samples.prune", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
