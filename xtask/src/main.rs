//! Development commands: `cargo xtask --help` tells what there is.

#[macro_use]
mod output;

mod bench;
mod child;
mod clean;
mod config;
mod database;
mod demo;
mod doctor;
mod down;
mod erd;
mod fuzz;
mod gen_schema;
mod generate;
mod interrupt;
mod mail;
mod migrate;
mod new_migration;
mod stack;
mod test;
mod tidy;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use database::of_the_stack;
use failure::Outcome;
use wh_data::cli::{failure, maintain, progress, secrets};

/// The commands that developers of the data layer need. The README says what they need.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Test(test::Arguments),
    Up(up::Arguments),
    Down(down::Arguments),
    Migrate(migrate::Arguments),
    Secrets(secrets::Arguments),
    Maintain(maintain::Arguments),
    GenSchema(gen_schema::Arguments),
    Erd(erd::Arguments),
    Config(config::Arguments),
    Mail(mail::Arguments),
    Fuzz(fuzz::Arguments),
    Bench(bench::Arguments),
    Doctor(doctor::Arguments),
    Tidy(tidy::Arguments),
    Clean(clean::Arguments),
}

impl Command {
    /// True for commands of the operators' program, which hear signals themselves and start nothing that would stay.
    const fn is_the_operators(&self) -> bool {
        matches!(self, Self::Migrate(_) | Self::Secrets(_) | Self::Maintain(_) | Self::Config(_))
    }
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    if !command.is_the_operators() {
        interrupt::listen();
    }
    let outcome = run(command);
    // Servers that a static holds know no destructor.
    wh_stack::stop_all();
    let status = output::conclude(outcome);
    interrupt::status().unwrap_or(status)
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Up(arguments) => up::run(&arguments),
        Command::Down(arguments) => down::run(&arguments),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Secrets(arguments) => secrets::run(arguments, of_the_stack),
        Command::Maintain(arguments) => maintain::run(arguments, of_the_stack),
        Command::GenSchema(arguments) => gen_schema::run(&arguments),
        Command::Erd(arguments) => erd::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Mail(arguments) => mail::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Doctor(arguments) => Ok(doctor::run(&arguments)),
        Command::Tidy(arguments) => tidy::run(&arguments),
        Command::Clean(arguments) => clean::run(&arguments),
    }
}
