//! What the runner does, for people.

use std::{process::ExitCode, time::Duration};

use wh_schema::migrations::{Progress as Step, Report, Status};

use crate::cli::progress::Progress;

/// Shows one step while it happens.
pub(super) fn step(progress: &Progress, step: &Step) {
    match step {
        Step::Waiting { waited } => {
            progress.step(&format!("another runner is at work, waited {} s", waited.as_secs()));
        }
        Step::Started { version, slug, direction } => {
            progress.busy(&format!("{direction:<4} {version:04}_{slug}"));
        }
        Step::Finished { version, slug, direction, elapsed } => {
            progress.line(&format!("{direction:<4} {version:04}_{slug}  {}", short(*elapsed)));
        }
        _ => {}
    }
}

/// The last line of a run.
pub(super) fn summary(report: &Report) {
    match report.steps.len() {
        0 => note!("nothing to do: the schema is at version {}", report.to),
        1 => note!("the schema went from version {} to {}", report.from, report.to),
        count => note!("the schema went from version {} to {}, in {count} steps", report.from, report.to),
    }
}

/// The table of `migrate status`. A dirty ledger is a failure, so that scripts see it.
pub(super) fn status(status: &Status) -> ExitCode {
    for entry in &status.entries {
        let halfway = status.dirty && entry.version == status.version;
        let state = match (halfway, entry.applied) {
            (true, _) => "DIRTY",
            (false, true) => "applied",
            (false, false) => "pending",
        };
        answer!("{:04}  {state:<8} {}", entry.version, entry.slug);
    }
    let pending = status.pending().count();
    match (status.dirty, status.is_ahead(), pending) {
        (true, true, _) => {
            answer!(
                "dirty at version {version}: a migration to it did not end. This build has no migration {version}: use the \
                 build that has it, or a newer one",
                version = status.version
            );
            return ExitCode::FAILURE;
        }
        (true, false, _) => {
            answer!(
                "dirty at version {version}: a migration to it did not end. Check which of its changes are in the \
                 database and complete or undo them, then record the version: `wh-data migrate force {version}`, or \
                 the version before",
                version = status.version
            );
            return ExitCode::FAILURE;
        }
        (_, true, _) => answer!("at version {}, which is newer than this build knows", status.version),
        (_, _, 0) => answer!("at version {}, nothing is pending", status.version),
        (_, _, count) => answer!("at version {}, {count} pending: `wh-data migrate`", status.version),
    }
    ExitCode::SUCCESS
}

fn short(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
