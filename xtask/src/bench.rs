//! `cargo xtask bench`

use std::path::{PathBuf, absolute};
use std::process::ExitCode;

use crate::{
    child,
    failure::{Failure, Outcome},
};

/// Measure the data layer beside its peers
///
/// Builds `wh-bench` as a release, and has each scenario done by this layer, by tokio-postgres as its documentation teaches it, and by
/// diesel-async with its pool: in turns, on one Postgres, in one process. Trust ratios, not times. docs/performance explains the columns.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench                         every scenario, some six minutes
  cargo xtask bench --only user --only jobs these two
  cargo xtask bench --quick                 a few operations of each: whether all works
  cargo xtask bench --write                 every scenario, and its table into docs/performance")]
pub(crate) struct Arguments {
    /// A few operations of each scenario
    #[arg(long)]
    quick: bool,

    /// Only scenarios with this in their name; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Turns of each contender
    #[arg(long, value_name = "NUMBER")]
    rounds: Option<usize>,

    /// Write every figure as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Bring docs/performance up to date
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    write: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let mut command = child::cargo();
    // Optimisation across crates would double the time to build, and changes no ratio that counts.
    command.env("CARGO_PROFILE_RELEASE_LTO", "off");
    command.args(["run", "--release", "--package", "wh-bench", "--"]);
    if arguments.quick {
        command.arg("--quick");
    }
    if arguments.write {
        command.arg("--write");
    }
    for name in &arguments.only {
        command.args(["--only", name]);
    }
    if let Some(rounds) = arguments.rounds {
        command.args(["--rounds", &rounds.to_string()]);
    }
    if let Some(file) = &arguments.json {
        // The program runs at the root of the workspace.
        let file = absolute(file).map_err(|error| Failure::io("find", file, &error))?;
        command.arg("--json").arg(file);
    }
    if child::run(&mut command)?.success() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::new("the benchmark did not end well: see its output above"))
    }
}
