//! `cargo xtask demo`

mod dump;
mod log_lines;
mod manifest;
mod refusals;
mod screen;
mod stage;
mod story;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use wh_stack::Stack;

use crate::failure::{Failure, Outcome};
use crate::stack;

/// Watch deployments go through the data layer, on a stack that the command starts itself
///
/// Signs users in, registers two workers, creates the apps of a manifest, lets the workers claim and build them side by side,
/// stores and replays logs, asks for what must be refused, and shows what a dump of the database gives away. Everything goes
/// through the public API. The exit status is 0 only if every expectation held.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask demo                          the four apps of xtask/demo/apps.yaml
  cargo xtask demo --apps mine.yaml         other apps
  cargo xtask demo --logs app.log           with the lines of a file for runtime logs
  cargo xtask demo --keep                   leave the database and its server for a look

With DATABASE_URL set, the demo makes a database of its own on that server, and drops it at the end.")]
pub(crate) struct Arguments {
    /// The apps to deploy, in the form of xtask/demo/apps.yaml
    #[arg(long, value_name = "FILE")]
    apps: Option<PathBuf>,

    /// Lines for the runtime logs; without it, what the embedded Postgres has logged so far
    #[arg(long, value_name = "FILE")]
    logs: Option<PathBuf>,

    /// Leave the database, and the stack if it was started here, for a look
    #[arg(long)]
    keep: bool,

    /// Use the pinned Postgres 18, whatever else there is
    #[arg(long)]
    pinned: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let apps = manifest::read(arguments.apps.as_deref())?;
    let stack = stack::start(Stack::builder().pinned(arguments.pinned))?;
    let lines = log_lines::read(arguments.logs.as_deref(), stack.log_file())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    let database = runtime.block_on(stage::Database::create(stack.database_url()))?;
    let told = runtime.block_on(story::tell(&database, &stack, &apps, &lines));
    if arguments.keep {
        let url = database.keep();
        let kept = stack.detach()?;
        screen::kept(&url, kept.is_some());
    } else {
        runtime.block_on(database.drop_it());
    }
    Ok(if told? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
