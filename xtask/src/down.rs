//! `cargo xtask down`

use std::process::ExitCode;

use wh_stack::Running;

use crate::{failure::Outcome, progress::Progress};

/// Stop the stack of `cargo xtask up` and remove its data
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Outcome {
    let Some(running) = Running::find()? else {
        note!("no stack is running; `cargo xtask up` starts one");
        return Ok(ExitCode::SUCCESS);
    };
    let progress = Progress::new();
    progress.step(&format!("stopping {}", running.title));
    let stopped = running.stop();
    progress.end();
    stopped?;
    progress.done("stopped, and its data is removed");
    Ok(ExitCode::SUCCESS)
}
