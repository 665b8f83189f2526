//! The operators' program: `wh-data --help` tells what there is.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use wh_data::cli::database::configured;
use wh_data::cli::failure::Outcome;
use wh_data::cli::output::conclude;
use wh_data::cli::{
    audit, config, doctor, maintain, migrate, output, plans, repair, secrets, users, workers,
};

/// Looks after the database of WiseHosting
///
/// Each command works on the database of --database-url, else of `DATABASE_URL`, else of the configuration that a service
/// started here would have, and says on which.
#[derive(Debug, Parser)]
#[command(
    name = "wh-data",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Status: 0 done, 1 failed or something is left to do, 2 a wrong command line, 130 and 143 ended by a signal, 141 the \
                  reader of the output has gone."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Migrate(migrate::Arguments),
    Secrets(secrets::Arguments),
    Maintain(maintain::Arguments),
    Audit(audit::Arguments),
    Config(config::Arguments),
    Doctor(doctor::Arguments),
    Plans(plans::Arguments),
    Users(users::Arguments),
    Workers(workers::Arguments),
    RepairSequences(repair::Arguments),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    conclude(run(Arguments::parse().command))
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Migrate(arguments) => migrate::run(arguments, configured),
        Command::Secrets(arguments) => secrets::run(arguments, configured),
        Command::Audit(arguments) => audit::run(arguments, configured),
        Command::Maintain(arguments) => maintain::run(arguments, configured),
        Command::Config(arguments) => config::run(&arguments.action),
        Command::Doctor(arguments) => doctor::run(arguments, configured),
        Command::Plans(arguments) => plans::run(&arguments),
        Command::Users(arguments) => users::run(arguments, configured),
        Command::Workers(arguments) => workers::run(arguments, configured),
        Command::RepairSequences(arguments) => repair::run(arguments, configured),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "wh-data", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
