//! `cargo xtask up`

use std::process::ExitCode;

use wh_stack::{Running, Stack};

use crate::{failure::Outcome, stack};

/// Start a Postgres and a Redis that stay until `cargo xtask down`
///
/// Prints their URLs as shell commands. Every later command finds the stack by itself, from any folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask up                            start it, or print the URLs of the one that runs
  eval \"$(cargo xtask up)\"                  the same, and set both variables in this shell
  cargo xtask up --pinned                   on the pinned Postgres 18 and Valkey")]
pub(crate) struct Arguments {
    /// Use the pinned Postgres 18 and Valkey, whatever else there is
    #[arg(long)]
    pinned: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if let Some(running) = Running::find()? {
        note!("already running: {}", running.title);
        print(&running);
        return Ok(ExitCode::SUCCESS);
    }
    let stack = stack::start(Stack::builder().redis().private().on_disk().pinned(arguments.pinned))?;
    if let Some(running) = stack.detach()? {
        print(&running);
        note!("`cargo xtask migrate` gives it the schema, `cargo xtask down` takes it away.");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(running: &Running) {
    answer!("export DATABASE_URL='{}'", running.database_url);
    if let Some(url) = &running.redis_url {
        answer!("export REDIS_URL='{url}'");
    }
}
