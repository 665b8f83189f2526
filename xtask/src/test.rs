//! `cargo xtask test`

use std::process::{Command, ExitCode, ExitStatus};

use wh_stack::Stack;

use crate::{
    child,
    failure::{Failure, Outcome},
    stack,
};

/// Run every test on a stack of its own
///
/// Starts Postgres and Redis, runs all unit, integration and documentation tests of the workspace with all features, and stops the
/// servers. A failed test stops nothing: all tests run before it reports. Uses cargo-nextest where it is installed, else `cargo test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test                          everything
  cargo xtask test --pinned                 everything, on the pinned Postgres 18
  cargo xtask test -- -p wh-schema          one crate
  cargo xtask test -- a_dirty_ledger        the tests with this in their name

With DATABASE_URL or REDIS_URL set, those servers are used. After `cargo xtask up`, that stack is.")]
pub(crate) struct Arguments {
    /// Use the pinned Postgres 18 and Valkey, whatever else there is
    #[arg(long)]
    pinned: bool,

    /// Passed on to the test runner; documentation tests are left out then
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let stack = stack::start(Stack::builder().redis().pinned(arguments.pinned))?;
    let nextest = child::has_nextest();
    let all = ["--workspace", "--all-features"];
    // The runner's own `-p` would be at odds with --workspace.
    let names_package =
        arguments.arguments.iter().any(|word| word.starts_with("-p") || word.starts_with("--package"));
    let scope = if names_package { &["--all-features"][..] } else { &all[..] };

    let mut tests = prepared(&stack);
    tests.args(if nextest { &["nextest", "run"][..] } else { &["test"][..] });
    if !arguments.arguments.iter().any(|word| word.contains("fail-fast")) {
        tests.arg("--no-fail-fast");
    }
    let tested = child::run(tests.args(scope).args(&arguments.arguments))?;
    if !nextest || !arguments.arguments.is_empty() {
        return ended(tested);
    }
    note!("documentation tests, which cargo-nextest does not run:");
    let documented = child::run(prepared(&stack).args(["test", "--no-fail-fast"]).args(all).arg("--doc"))?;
    ended(if tested.success() { documented } else { tested })
}

/// cargo, told where the servers are.
fn prepared(stack: &Stack) -> Command {
    let mut command = child::cargo();
    command.env("DATABASE_URL", stack.database_url()).env("WH_STACK", "given");
    if let Some(url) = stack.redis_url() {
        command.env("REDIS_URL", url);
    }
    command
}

fn ended(status: ExitStatus) -> Outcome {
    match status.code() {
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => Err(Failure::new(format!("the tests were ended by a signal: {status}"))),
    }
}
