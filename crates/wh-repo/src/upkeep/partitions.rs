//! The days of runtime logs: made ahead, dropped when they are old.
//!
//! Making a partition locks `apps` against writers until it is committed, because of the foreign key, and the default partition
//! against everybody; dropping one locks the whole table of logs. So each day is a transaction of its own, which waits for
//! its locks no longer than its neighbours may be made to wait behind it.

mod backlog;
mod direct;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Integer, Text};

use self::backlog::Cleared;
use super::Round;
use super::report::Tally;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, Statement, sql};
use crate::error::{Error, Reason, Result};

/// How often in a run a lock is waited for again, all days together.
pub(super) const RETRIES: u32 = 5;

/// Until a lock is waited for again: others are to get on in between.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest run of a statement that holds such locks.
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
    /// Makes the partitions that are missing. Lines that are in the way go first, and a day may be made with them.
    pub(super) async fn make_coming_days(&mut self, tally: &mut Tally) -> Result<()> {
        let mut missing = self.missing_days().await?;
        // Rarely anything to do, so it takes no room in the future of every run.
        match Box::pin(self.clear_backlog(!missing.is_empty(), tally)).await? {
            Cleared::Nothing => {}
            Cleared::Done => missing = self.missing_days().await?,
            Cleared::Later => {
                tally.more = true;
                return Ok(());
            }
        }
        let mut first_failure = Ok(());
        for Day { day } in missing {
            match self.locked(MAKE, || sql!("partitions/make_day.sql").bind(day)).await {
                Ok(days) => tally.add(days),
                Err(failure) => first_failure = first_failure.and(Err(failure)),
            }
        }
        first_failure
    }

    async fn missing_days(&self) -> Result<Vec<Day>> {
        let ahead = i32::try_from(self.options.log_days_ahead).unwrap_or(i32::MAX);
        let missing = sql!("partitions/missing.sql").bind(self.now.date_naive()).bind(ahead);
        Ok(self.executor.read(MAKE, Class::Long, missing).await?.all())
    }

    /// Drops the partitions of days that are old from beginning to end.
    pub(super) async fn drop_old_days(&mut self, tally: &mut Tally) -> Result<()> {
        let first_kept = self.first_kept_day();
        let names: Vec<Name> =
            self.executor.read(DROP, Class::Long, sql!("partitions/names.sql")).await?.all();
        let old = |name: &str| end_of(name).is_some_and(|end| end <= first_kept);
        for Name { name } in names.into_iter().filter(|Name { name }| old(name)) {
            if tally.batches >= self.options.batches {
                tally.more = true;
                break;
            }
            let days = self.locked(DROP, || sql!("partitions/drop_day.sql").bind(name.clone())).await?;
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

    /// Changes one partition under locks that others run into, and says how many days that changed.
    async fn locked<S: Statement<Days> + Send>(
        &mut self,
        operation: &'static str,
        statement: impl Fn() -> S + Send + Sync,
    ) -> Result<usize> {
        loop {
            self.lock.check()?;
            match self.briefly(operation, &statement).await {
                Err(error) if self.tries_again(&error).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn briefly<S: Statement<Days> + Send>(
        &self,
        operation: &'static str,
        statement: &(impl Fn() -> S + Sync),
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

    /// Whether to wait for a lock once more, since somebody was in the way who may be gone the next time.
    async fn tries_again(&mut self, error: &Error) -> bool {
        let in_vain = matches!(error, Error::Unavailable { reason: Reason::LockTimeout, .. });
        if !in_vain || self.contended == 0 {
            return false;
        }
        self.contended -= 1;
        tracing::debug!("the log tables are in use, trying again");
        tokio::time::sleep(PAUSE).await;
        true
    }
}

/// The day after the last one of a partition, by its name; the default partition has none.
fn end_of(name: &str) -> Option<NaiveDate> {
    let days = name.strip_prefix("runtime_logs_")?;
    let day = |digits| NaiveDate::parse_from_str(digits, "%Y%m%d").ok();
    match days.split_once('_') {
        Some((_, end)) => day(end),
        None => day(days)?.succ_opt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_ends_after_its_last_day() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(end_of("runtime_logs_20280229"), day("2028-03-01"));
        assert_eq!(end_of("runtime_logs_20280227_20280302"), day("2028-03-02"));
        assert_eq!(end_of("runtime_logs_default"), None);
        assert_eq!(end_of("other_20280229"), None);
    }
}
