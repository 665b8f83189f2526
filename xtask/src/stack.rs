//! The stack, with its progress on the terminal.

use wh_stack::{Stack, StackBuilder};

use crate::{failure::Outcome, progress::Progress};

/// Brings a stack up and says what it is.
pub(crate) fn start(builder: StackBuilder) -> Outcome<Stack> {
    let progress = Progress::new();
    let steps = progress.clone();
    let started = builder.on_progress(move |step| steps.step(step)).start();
    match started {
        Ok(stack) => {
            progress.done(&stack.title());
            Ok(stack)
        }
        Err(error) => {
            progress.end();
            Err(error.into())
        }
    }
}
