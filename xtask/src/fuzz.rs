//! `cargo xtask fuzz`

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::child::{self, root};
use crate::failure::{Failure, Outcome};

/// The targets of `crates/wh-crypto/fuzz`.
const TARGETS: &[&str] = &["stored_value", "revoke_token", "backup_code", "round_trip"];

/// What makes the compiler count which code an input reaches.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Ccodegen-units=1 --cfg fuzzing";

/// Throw mutated input at every parser of wh-crypto for a while
///
/// Needs a C++ compiler for libFuzzer, and no nightly toolchain. An input that breaks something is kept in the current folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz                          every target, 30 seconds each
  cargo xtask fuzz --seconds 600 stored_value")]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, default_value_t = 30)]
    seconds: u32,

    /// Only these targets
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    targets: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if child::version(Command::new("c++").arg("--version")).is_none() {
        return Err(Failure::new(
            "libFuzzer needs a C++ compiler, and `c++` is not there. To repair it: install g++ or clang",
        ));
    }
    let all = TARGETS.iter().map(|target| (*target).to_owned());
    let targets: Vec<String> =
        if arguments.targets.is_empty() { all.collect() } else { arguments.targets.clone() };
    for target in &targets {
        note!("== {target}, {} s", arguments.seconds);
        let status = child::run(&mut command(target, arguments.seconds)?)?;
        if !status.success() {
            return Err(Failure::new(format!("{target} found something: see its output above")));
        }
    }
    note!("{} targets ran for {} s each and found nothing", targets.len(), arguments.seconds);
    Ok(ExitCode::SUCCESS)
}

fn command(target: &str, seconds: u32) -> Outcome<Command> {
    let mut command = child::cargo();
    command
        .current_dir(root().join("crates/wh-crypto/fuzz"))
        .env("RUSTFLAGS", INSTRUMENTED)
        .env("CARGO_TARGET_DIR", target_folder())
        .args(["run", "--release", "--target", &host()?, "--bin", target, "--"])
        .arg(format!("-max_total_time={seconds}"));
    Ok(command)
}

/// Beside what is built without instrumentation.
fn target_folder() -> PathBuf {
    root().join("target/fuzz")
}

/// `--target` keeps the instrumentation away from build scripts.
fn host() -> Outcome<String> {
    let output = child::output(Command::new("rustc").arg("-vV"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("`rustc -vV` names no host"))
}
