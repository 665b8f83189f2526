//! `cargo xtask config`

use std::process::ExitCode;

use wh_data::cli;
use wh_data::config::{example_yaml, json_schema};

use crate::child::root;
use crate::failure::Outcome;
use crate::generate::ensure_file_contents;

/// Check a configuration, print what one may hold, or write the committed example and schema anew
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    #[command(flatten)]
    OfTheProgram(cli::config::Action),
    /// Bring the committed example and schema up to date
    Write,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::OfTheProgram(action) => cli::config::run(action),
        Action::Write => write(),
    }
}

fn write() -> Outcome {
    let folder = root().join("crates/wh-config");
    for (name, text) in [("config.example.yaml", example_yaml()), ("config.schema.json", json_schema())] {
        if ensure_file_contents(&folder.join(name), &text, false, "cargo xtask config write")? {
            note!("{name} was brought up to date");
        }
    }
    Ok(ExitCode::SUCCESS)
}
