//! The days of runtime logs: made ahead, dropped when they are old.
//!
//! Making a partition locks `apps` against writers until it is committed, because of the foreign key, and the default partition
//! against everybody; dropping one locks the whole table of logs. So each day is a transaction of its own, which waits for
//! its locks no longer than its neighbours may be made to wait behind it.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::sql_types::{BigInt, Date, Integer, Text, Timestamptz};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::Round;
use super::report::Tally;
use crate::engine::Executor;
use crate::engine::prepared;
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

const MISSING: &str = "\
SELECT $1 + n AS day FROM generate_series(0, $2) AS n \
WHERE to_regclass('public.runtime_logs_' || to_char($1 + n, 'YYYYMMDD')) IS NULL ORDER BY n";

const NAMES: &str = "\
SELECT child.relname::text AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid \
WHERE pg_inherits.inhparent = 'public.runtime_logs'::regclass ORDER BY name";

const BE_BRIEF: &str = "\
SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)";

const MAKE_DAY: &str = "SELECT runtime_logs_create_partitions($1, 1) AS days";

const DROP_DAY: &str = "SELECT runtime_logs_drop_partitions($1) AS days";

/// App by app, because that is how the lines are keyed. The keys as arrays, of which the planner expects few.
const PRUNE_LATE: &str = "\
WITH RECURSIVE app AS ((SELECT app_id FROM runtime_logs_default ORDER BY app_id LIMIT 1) UNION ALL \
    SELECT (SELECT app_id FROM runtime_logs_default WHERE app_id > app.app_id ORDER BY app_id LIMIT 1) \
    FROM app WHERE app_id IS NOT NULL), \
late AS MATERIALIZED (SELECT line.* FROM app CROSS JOIN LATERAL \
    (SELECT app_id, logged_at, id FROM runtime_logs_default WHERE app_id = app.app_id AND logged_at < $1 \
        ORDER BY logged_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS line LIMIT $2) \
DELETE FROM runtime_logs_default USING unnest(ARRAY(SELECT app_id FROM late), ARRAY(SELECT logged_at FROM late), \
    ARRAY(SELECT id FROM late)) AS key (app_id, logged_at, id) \
WHERE runtime_logs_default.app_id = key.app_id AND runtime_logs_default.logged_at = key.logged_at \
    AND runtime_logs_default.id = key.id";

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
        let mut missing: Vec<Day> = self
            .executor
            .run(MAKE, |mut conn| {
                prepared(sql_query(MISSING).bind::<Date, _>(today).bind::<Integer, _>(ahead))
                    .load(&mut conn)
                    .boxed()
            })
            .await?;
        missing.sort_by_key(|missing| missing.day == today);
        let mut first_failure = Ok(());
        for Day { day } in missing {
            match self.locked(MAKE, MAKE_DAY, day).await {
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
            self.executor.run(DROP, |mut conn| prepared(sql_query(NAMES)).load(&mut conn).boxed()).await?;
        let old = names.iter().filter_map(|Name { name }| day_of(name)).filter(|day| *day < first_kept);
        for day in old {
            if tally.batches >= self.options.batches {
                tally.more = true;
                break;
            }
            let Some(next) = day.succ_opt() else { continue };
            let days = self.locked(DROP, DROP_DAY, next).await?;
            tally.add(days);
        }
        Ok(())
    }

    /// Deletes one batch of lines from before the first day that is kept, which no partition of their own took.
    pub(super) async fn prune_late_lines(&self, limit: i64) -> Result<usize> {
        let before: DateTime<Utc> = self.first_kept_day().and_time(NaiveTime::MIN).and_utc();
        self.executor
            .run(LATE, |mut conn| {
                prepared(sql_query(PRUNE_LATE).bind::<Timestamptz, _>(before).bind::<BigInt, _>(limit))
                    .execute(&mut conn)
                    .boxed()
            })
            .await
    }

    fn first_kept_day(&self) -> NaiveDate {
        self.before(self.options.runtime_logs).date_naive()
    }

    /// Changes one day under locks that others run into, and says how many days that changed.
    async fn locked(
        &mut self,
        operation: &'static str,
        statement: &'static str,
        day: NaiveDate,
    ) -> Result<usize> {
        loop {
            self.lock.check()?;
            match self.briefly(operation, statement, day).await {
                Err(error) if self.contended > 0 && waited_in_vain(&error) => {
                    self.contended -= 1;
                    tracing::debug!(operation, %day, "the log tables are in use, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn briefly(
        &self,
        operation: &'static str,
        statement: &'static str,
        day: NaiveDate,
    ) -> Result<usize> {
        let [wait, run] = [self.options.lock_wait, LONGEST].map(|time| format!("{}ms", time.as_millis()));
        self.executor
            .atomic(operation, async |executor: Executor<'_>| {
                executor
                    .run(operation, |mut conn| {
                        prepared(sql_query(BE_BRIEF).bind::<Text, _>(&wait).bind::<Text, _>(&run))
                            .execute(&mut conn)
                            .boxed()
                    })
                    .await?;
                let Days { days } = executor
                    .run(operation, |mut conn| {
                        prepared(sql_query(statement).bind::<Date, _>(day)).get_result(&mut conn).boxed()
                    })
                    .await?;
                Ok(usize::try_from(days).unwrap_or_default())
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
