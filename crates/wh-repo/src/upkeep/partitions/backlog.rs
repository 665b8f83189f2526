//! Lines that have no partition of their own, too many to be moved under a lock: they become a partition as they are.
//!
//! Migration 0037 says how. Readers and writers go on, and no line is out of sight at any moment.

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Date};

use super::direct::Direct;
use super::{Days, MAKE, Tally};
use crate::engine::{Class, sql};
use crate::error::Result;
use crate::upkeep::Round;

/// Most lines that making a day may have to look at or move under its locks.
const FEW: i64 = 20_000;

/// Lines that are moved at a time.
const BATCH: i32 = 10_000;

const VALIDATE_OUTSIDE: &str = "\
ALTER TABLE public.runtime_logs_default VALIDATE CONSTRAINT runtime_logs_spill_outside, \
    VALIDATE CONSTRAINT runtime_logs_spill_ids";

/// An autovacuum would be in the way of the strong locks. This one waits for it beside readers and writers, and ends it.
const NO_VACUUM: &str = "ALTER TABLE public.runtime_logs_default SET (autovacuum_enabled = off)";

const VALIDATE_DAYS: &str =
    "ALTER TABLE public.runtime_logs_spilled VALIDATE CONSTRAINT runtime_logs_spill_days";

#[derive(QueryableByName)]
struct Backlog {
    #[diesel(sql_type = Bool)]
    split: bool,
    #[diesel(sql_type = Bool)]
    many: bool,
}

#[derive(QueryableByName)]
struct Span {
    #[diesel(sql_type = Date)]
    first_day: NaiveDate,
    #[diesel(sql_type = Date)]
    end_day: NaiveDate,
}

/// What became of the lines.
pub(super) enum Cleared {
    /// They are in nobody's way.
    Nothing,
    Done,
    /// The next run goes on.
    Later,
}

impl Round<'_> {
    /// Makes a partition of the lines without one, if they are many and days are missing, or if an earlier run has begun it.
    pub(super) async fn clear_backlog(&mut self, days_missing: bool, tally: &mut Tally) -> Result<Cleared> {
        let backlog = sql!("backlog.sql").bind(FEW).bind(days_missing);
        let backlog: Option<Backlog> = self.executor.read(MAKE, Class::Long, backlog).await?.first();
        let Some(Backlog { split, many }) = backlog else { return Ok(Cleared::Nothing) };
        if !split && !many {
            return Ok(Cleared::Nothing);
        }
        let mut direct = Direct::connect(self.executor.inner().pool.connector()).await?;
        if !split {
            tracing::info!("many log lines have no partition: making one of them");
            direct.at_leisure(NO_VACUUM).await?;
            self.under_locks(&mut direct, "SELECT runtime_logs_spill_prepare()").await?;
            direct.at_leisure(VALIDATE_OUTSIDE).await?;
            self.under_locks(&mut direct, "SELECT runtime_logs_spill_freeze()").await?;
        }
        self.under_locks(&mut direct, "SELECT runtime_logs_spill_settle()").await?;
        let span = sql!("backlog_days.sql").bind(self.now.date_naive());
        // No line is left where an app took its lines along. Any day does then.
        let today = self.now.date_naive();
        let (first, end) = match direct.read(span).await? {
            Some(Span { first_day, end_day }) => (first_day, end_day),
            None => (today, today.succ_opt().unwrap_or(today)),
        };
        if !self.sort(&mut direct, tally, first, end).await? {
            return Ok(Cleared::Later);
        }
        let days = format!("'{first}', '{end}'");
        self.under_locks(&mut direct, &format!("SELECT runtime_logs_spill_bound({days})")).await?;
        direct.at_leisure(VALIDATE_DAYS).await?;
        // What came in while that took its time.
        if !self.sort(&mut direct, tally, first, end).await? {
            return Ok(Cleared::Later);
        }
        self.under_locks(&mut direct, &format!("SELECT runtime_logs_spill_finish({days})")).await?;
        tally.add(usize::try_from((end - first).num_days()).unwrap_or_default());
        Ok(Cleared::Done)
    }

    /// Moves lines of other days out of the split-off part, and lines of its days into it, in short transactions. False if there
    /// were more than a run moves.
    async fn sort(
        &mut self,
        direct: &mut Direct,
        tally: &mut Tally,
        first: NaiveDate,
        end: NaiveDate,
    ) -> Result<bool> {
        loop {
            self.lock.check()?;
            let strays = sql!("strays.sql").bind(first).bind(end).bind(BATCH);
            let strays = direct.read(strays).await?.map_or(0, |Days { days }| days);
            let drain = sql!("drain.sql").bind(first).bind(end).bind(BATCH);
            let drained = direct.read(drain).await?.map_or(0, |Days { days }| days);
            if strays < BATCH && drained < BATCH {
                return Ok(true);
            }
            tally.batches += 1;
            if tally.batches >= self.options.batches {
                return Ok(false);
            }
        }
    }

    async fn under_locks(&mut self, direct: &mut Direct, statement: &str) -> Result<()> {
        loop {
            self.lock.check()?;
            match direct.briefly(self.options.lock_wait, statement).await {
                Err(error) if self.tries_again(&error).await => {}
                outcome => return outcome,
            }
        }
    }
}
