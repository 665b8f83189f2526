//! What a run has done.

use std::fmt;
use std::time::Duration;

use super::MaintenanceStep;
use crate::error::Error;

/// What [`Maintenance::run`](crate::Maintenance::run) has done. `Display` is one line that leaves out what had nothing to do;
/// `{:#}` gives every step a line.
#[derive(Debug)]
#[non_exhaustive]
pub struct MaintenanceReport {
    /// How long the run took.
    pub elapsed: Duration,
    /// What each step did, in the order in which they ran. Empty where another run was at work.
    pub steps: Vec<MaintenanceStepReport>,
}

/// What one step of a run has done.
#[derive(Debug)]
#[non_exhaustive]
pub struct MaintenanceStepReport {
    /// The step.
    pub step: MaintenanceStep,
    /// Rows that it deleted or changed; days of logs that it made or dropped.
    pub changed: u64,
    /// How many batches it took, those included that found nothing.
    pub batches: u32,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it left something for the next run: it had done its number of batches, or failed.
    pub more: bool,
    /// Why it stopped before its end. What it had changed by then stays changed.
    pub failure: Option<Error>,
}

impl MaintenanceReport {
    pub(super) const fn nothing(elapsed: Duration) -> Self {
        Self { elapsed, steps: Vec::new() }
    }

    /// True where another run was at work on this database, so that this one did nothing.
    #[must_use]
    pub const fn elsewhere(&self) -> bool {
        self.steps.is_empty()
    }

    /// What this step did; `None` where another run was at work.
    #[must_use]
    pub fn step(&self, step: MaintenanceStep) -> Option<&MaintenanceStepReport> {
        self.steps.iter().find(|report| report.step == step)
    }

    /// The steps that failed, with their errors.
    pub fn failures(&self) -> impl Iterator<Item = (MaintenanceStep, &Error)> {
        self.steps.iter().filter_map(|report| Some((report.step, report.failure.as_ref()?)))
    }

    /// True where this run left nothing to do: run it again soon otherwise.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.elsewhere() && self.steps.iter().all(|report| !report.more && report.failure.is_none())
    }

    /// Puts the report into the log and into the metrics.
    pub(super) fn tell(&self) {
        for report in &self.steps {
            let step = report.step.name();
            metrics::counter!("wh_maintenance_rows_total", "step" => step).increment(report.changed);
            if let Some(error) = &report.failure {
                metrics::counter!("wh_maintenance_failures_total", "step" => step).increment(1);
                tracing::warn!(step, %error, "a step of maintenance failed");
            }
        }
        metrics::histogram!("wh_maintenance_seconds").record(self.elapsed.as_secs_f64());
        tracing::info!("{self}");
    }
}

impl fmt::Display for MaintenanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.elsewhere() {
            return f.write_str("maintenance: another run is at work on this database, nothing was done");
        }
        write!(f, "maintenance took {}", Time(self.elapsed))?;
        if f.alternate() {
            return self.steps.iter().try_for_each(|step| write!(f, "\n  {step}"));
        }
        let mut mark = ": ";
        for step in self.steps.iter().filter(|step| !step.is_idle()) {
            write!(f, "{mark}{step}")?;
            mark = "; ";
        }
        if mark == ": " { f.write_str(": nothing was due") } else { Ok(()) }
    }
}

impl MaintenanceStepReport {
    fn is_idle(&self) -> bool {
        self.changed == 0 && !self.more && self.failure.is_none()
    }
}

impl fmt::Display for MaintenanceStepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.changed, self.step.deed())?;
        if self.batches > 1 {
            write!(f, " in {} batches", self.batches)?;
        }
        write!(f, " ({})", Time(self.elapsed))?;
        match &self.failure {
            Some(error) => write!(f, ", then FAILED: {error}"),
            None if self.more => f.write_str(", more for the next run"),
            None => Ok(()),
        }
    }
}

/// A step while it is at work.
#[derive(Default)]
pub(super) struct Tally {
    changed: u64,
    pub(super) batches: u32,
    pub(super) more: bool,
}

impl Tally {
    /// Counts a batch.
    pub(super) fn add(&mut self, changed: usize) {
        self.batches += 1;
        self.changed += u64::try_from(changed).unwrap_or(u64::MAX);
    }

    pub(super) fn report(
        self,
        step: MaintenanceStep,
        elapsed: Duration,
        failure: Option<Error>,
    ) -> MaintenanceStepReport {
        let Self { changed, batches, more } = self;
        MaintenanceStepReport { step, changed, batches, elapsed, more: more || failure.is_some(), failure }
    }
}

/// A time as people read it.
struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;

    fn step(
        step: MaintenanceStep,
        changed: usize,
        more: bool,
        failure: Option<Error>,
    ) -> MaintenanceStepReport {
        let mut tally = Tally { more, ..Tally::default() };
        tally.add(changed);
        tally.report(step, Duration::from_millis(7), failure)
    }

    #[test]
    fn a_report_says_what_was_done_what_is_left_and_what_failed() {
        let lost = Error::unavailable("sessions.prune", Duration::from_millis(5), Reason::ConnectionLost);
        let mut report = MaintenanceReport::nothing(Duration::from_millis(1260));
        insta::assert_snapshot!(report, @"maintenance: another run is at work on this database, nothing was done");
        assert!(report.elsewhere() && !report.is_complete());

        report.steps = vec![step(MaintenanceStep::StuckJobs, 0, false, None)];
        insta::assert_snapshot!(report, @"maintenance took 1.3 s: nothing was due");
        assert!(report.is_complete());

        let mut many = step(MaintenanceStep::UsageSamples, 2000, true, None);
        many.batches = 500;
        report.steps.push(many);
        assert!(!report.is_complete());
        report.steps.push(step(MaintenanceStep::Sessions, 3, false, Some(lost)));
        insta::assert_snapshot!(report, @"maintenance took 1.3 s: 2000 usage samples deleted in 500 batches (7 ms), more for the next run; 3 dead sessions deleted (7 ms), then FAILED: sessions.prune: the database is unavailable (the connection was lost; waited 5 ms): try again");
        insta::assert_snapshot!(format!("{report:#}"), @"
        maintenance took 1.3 s
          0 stuck jobs failed (7 ms)
          2000 usage samples deleted in 500 batches (7 ms), more for the next run
          3 dead sessions deleted (7 ms), then FAILED: sessions.prune: the database is unavailable (the connection was lost; waited 5 ms): try again
        ");
        assert_eq!(report.failures().map(|(step, _)| step).collect::<Vec<_>>(), [MaintenanceStep::Sessions]);
        assert!(report.step(MaintenanceStep::Sessions).is_some_and(|step| step.more));
        assert!(report.step(MaintenanceStep::LateLogLines).is_none());
    }
}
