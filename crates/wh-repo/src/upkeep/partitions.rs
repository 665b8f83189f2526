//! The days of runtime logs: made ahead, dropped when they are old.
//!
//! Making a partition locks `apps` against writers until it is committed, because of the foreign key, and the default partition
//! against everybody; dropping one locks the whole table of logs. So each day is a transaction of its own, which waits for
//! its locks no longer than its neighbours may be made to wait behind it.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Integer, Text};

use super::Round;
use super::report::Tally;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, Statement, sql};
use crate::error::{Error, Reason, Result};

/// How often in a run a lock is waited for again, all days together.
pub(super) const RETRIES: u32 = 5;

/// Until a lock is waited for again: others are to get on in between.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest run of a statement that holds such locks. Moving lines out of the default partition is what may take long.
const LONGEST: Duration = Duration::from_secs(1);

const MAKE: &str = "maintenance.coming_log_days";
const DROP: &str = "maintenance.old_log_days";
const LATE: &str = "maintenance.late_log_lines";

#[derive(QueryableByName)]
struct Day {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Days {
    #[diesel(sql_type = Integer)]
    days: i32,
}

impl Round<'_> {
    /// Makes the partitions that are missing, those of the coming days first: today's may have its lines in the default
    /// partition by now, and take too long to be moved.
    pub(super) async fn make_coming_days(&mut self, tally: &mut Tally) -> Result<()> {
        let today = self.now.date_naive();
        let ahead = i32::try_from(self.options.log_days_ahead).unwrap_or(i32::MAX);
        let missing = sql!("partitions/missing.sql").bind(today).bind(ahead);
        let mut missing: Vec<Day> = self.executor.read(MAKE, Class::Long, missing).await?.all();
        missing.sort_by_key(|missing| missing.day == today);
        let mut first_failure = Ok(());
        for Day { day } in missing {
            match self.locked(MAKE, || sql!("partitions/make_day.sql").bind(day)).await {
                Ok(days) => tally.add(days),
                Err(failure) => first_failure = first_failure.and(Err(failure)),
            }
        }
        first_failure
    }

    /// Drops the partitions of days that are old from beginning to end.
    pub(super) async fn drop_old_days(&mut self, tally: &mut Tally) -> Result<()> {
        let first_kept = self.first_kept_day();
        let names: Vec<Name> =
            self.executor.read(DROP, Class::Long, sql!("partitions/names.sql")).await?.all();
        let old = names.iter().filter_map(|Name { name }| day_of(name)).filter(|day| *day < first_kept);
        for day in old {
            if tally.batches >= self.options.batches {
                tally.more = true;
                break;
            }
            let Some(next) = day.succ_opt() else { continue };
            let days = self.locked(DROP, || sql!("partitions/drop_day.sql").bind(next)).await?;
            tally.add(days);
        }
        Ok(())
    }

    /// Deletes one batch of lines from before the first day that is kept, which no partition of their own took.
    pub(super) async fn prune_late_lines(&self, limit: i64) -> Result<usize> {
        let before: DateTime<Utc> = self.first_kept_day().and_time(NaiveTime::MIN).and_utc();
        let prune = sql!("partitions/prune_late.sql").bind(before).bind(limit);
        Ok(self.executor.write(LATE, NotCached, Repeat::Safe, Affected(prune)).await?.count())
    }

    fn first_kept_day(&self) -> NaiveDate {
        self.before(self.options.runtime_logs).date_naive()
    }

    /// Changes one day under locks that others run into, and says how many days that changed.
    async fn locked<S: Statement<Days> + Send>(
        &mut self,
        operation: &'static str,
        statement: impl Fn() -> S,
    ) -> Result<usize> {
        loop {
            self.lock.check()?;
            match self.briefly(operation, &statement).await {
                Err(error) if self.contended > 0 && waited_in_vain(&error) => {
                    self.contended -= 1;
                    tracing::debug!(operation, "the log tables are in use, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn briefly<S: Statement<Days> + Send>(
        &self,
        operation: &'static str,
        statement: &impl Fn() -> S,
    ) -> Result<usize> {
        let [wait, run] = [self.options.lock_wait, LONGEST].map(|time| format!("{}ms", time.as_millis()));
        self.executor
            .atomic(operation, async |executor: Executor<'_>| {
                let be_brief = sql!("partitions/be_brief.sql").bind(&wait).bind(&run);
                executor.write(operation, NotCached, Repeat::Never, Affected(be_brief)).await?.count();
                let days = executor.write(operation, NotCached, Repeat::Never, statement()).await?;
                Ok(days.first().map_or(0, |Days { days }| usize::try_from(days).unwrap_or_default()))
            })
            .await
    }
}

/// The day of a partition, by its name; the default partition has none.
fn day_of(name: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(name.strip_prefix("runtime_logs_")?, "%Y%m%d").ok()
}

/// True where a lock was not to be had in time: somebody else was in the way, and may be gone the next time.
fn waited_in_vain(error: &Error) -> bool {
    matches!(error, Error::Unavailable { reason: Reason::LockTimeout, .. })
}
