//! What apps used over time, merged into buckets and kept for 90 days.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Double, Integer, Timestamptz};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::UsageSample;
use wh_schema::schema::usage_samples;
use wh_types::{AppId, UserId};

use crate::engine::Executor;
use crate::engine::batch;
use crate::engine::prepared;
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

/// Counters stay at the largest that a column holds rather than fail. Averages that differ by next to nothing stay, since
/// Postgres refuses a product that is too small for it.
const UPSERT: &str = "\
INSERT INTO usage_samples AS kept (app_id, bucket_start, user_id, cpu_avg, cpu_max, memory_avg_mib, memory_max_mib, \
    network_rx_bytes, network_tx_bytes, disk_mib, samples) \
SELECT id, $2, user_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM apps WHERE id = $1 \
ON CONFLICT (app_id, bucket_start) DO UPDATE SET \
    cpu_avg = CASE WHEN abs(excluded.cpu_avg - kept.cpu_avg) < 1e-100 THEN kept.cpu_avg ELSE \
        kept.cpu_avg + (excluded.cpu_avg - kept.cpu_avg) \
            * (excluded.samples / (kept.samples::double precision + excluded.samples)) END, \
    cpu_max = greatest(kept.cpu_max, excluded.cpu_max), \
    memory_avg_mib = CASE WHEN abs(excluded.memory_avg_mib - kept.memory_avg_mib) < 1e-100 THEN kept.memory_avg_mib ELSE \
        kept.memory_avg_mib + (excluded.memory_avg_mib - kept.memory_avg_mib) \
            * (excluded.samples / (kept.samples::double precision + excluded.samples)) END, \
    memory_max_mib = greatest(kept.memory_max_mib, excluded.memory_max_mib), \
    network_rx_bytes = least(kept.network_rx_bytes::numeric + excluded.network_rx_bytes, 9223372036854775807)::bigint, \
    network_tx_bytes = least(kept.network_tx_bytes::numeric + excluded.network_tx_bytes, 9223372036854775807)::bigint, \
    disk_mib = greatest(kept.disk_mib, excluded.disk_mib), \
    samples = least(kept.samples::bigint + excluded.samples, 2147483647)::integer \
RETURNING *";

/// The keys as arrays, of which the planner expects few: joined to `old` itself, a plan for all limits would read the whole
/// table.
const PRUNE: &str = "\
WITH old AS MATERIALIZED (SELECT app_id, bucket_start FROM usage_samples WHERE bucket_start < $1 \
    ORDER BY bucket_start LIMIT $2 FOR UPDATE SKIP LOCKED) \
DELETE FROM usage_samples USING unnest(ARRAY(SELECT app_id FROM old), ARRAY(SELECT bucket_start FROM old)) \
    AS key (app_id, bucket_start) \
WHERE usage_samples.app_id = key.app_id AND usage_samples.bucket_start = key.bucket_start";

impl UsageSamples<'_> {
    /// Most samples of one call of [`list`](Self::list): those of an app over 90 days, one every 5 minutes, and some more.
    pub const MAX_LISTED: i64 = 30_000;

    /// Merges measurements into their bucket, and gives the bucket as it is then (`UpsertUsageSample`): averages are weighted
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
        self.executor
            .find_once("usage_samples.upsert", |mut conn| {
                prepared(
                    sql_query(UPSERT)
                        .bind::<BigInt, _>(new.app)
                        .bind::<Timestamptz, _>(new.bucket_start)
                        .bind::<Double, _>(new.cpu_avg)
                        .bind::<Integer, _>(cpu_max)
                        .bind::<Double, _>(new.memory_avg_mib)
                        .bind::<Integer, _>(memory_max)
                        .bind::<BigInt, _>(received)
                        .bind::<BigInt, _>(sent)
                        .bind::<Integer, _>(disk)
                        .bind::<Integer, _>(samples),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .ok_or(Error::not_found("app"))
    }

    /// The samples whose buckets begin from `from` on and before `to`, oldest first (`ListUsageSamples`), at most
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
        self.executor
            .run("usage_samples.list", |mut conn| {
                let samples = UsageSample::query()
                    .filter(usage_samples::bucket_start.ge(from))
                    .filter(usage_samples::bucket_start.lt(to))
                    .order((usage_samples::bucket_start, usage_samples::app_id))
                    .limit(Self::MAX_LISTED);
                match scope {
                    UsageScope::App(app) => {
                        samples.filter(usage_samples::app_id.eq(app)).load(&mut conn).boxed()
                    }
                    UsageScope::User(user) => {
                        samples.filter(usage_samples::user_id.eq(user)).load(&mut conn).boxed()
                    }
                }
            })
            .await
    }

    /// Deletes samples whose bucket began before `older_than`, oldest first, and says how many (`PruneUsageSamples`).
    /// `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it gives fewer, or have
    /// [`Maintenance::run`](crate::Maintenance::run) do so. Any number of processes may prune at once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    #[doc(alias = "PruneUsageSamples")]
    pub async fn prune(self, older_than: DateTime<Utc>, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let older_than = time::bound(older_than);
        self.executor
            .run("usage_samples.prune", |mut conn| {
                prepared(sql_query(PRUNE).bind::<Timestamptz, _>(older_than).bind::<BigInt, _>(limit))
                    .execute(&mut conn)
                    .boxed()
            })
            .await
    }
}
