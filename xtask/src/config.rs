//! `cargo xtask config`

use std::path::PathBuf;
use std::process::ExitCode;

use wh_data::config::{Config, Sources, example_yaml, json_schema};

use crate::child::root;
use crate::failure::{Failure, Outcome};
use crate::generate::ensure_file_contents;
use crate::output;

/// Check a configuration, or print what one may hold
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask config check                  what a service started here would get
  cargo xtask config check config.yaml      one file, with the environment and the credentials of this shell
  cargo xtask config schema > schema.json   the JSON Schema for an editor
  cargo xtask config schema --write         bring the committed example and schema up to date")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every fault at once, each with its place
    Check {
        /// The file in place of the one that `CONFIG_PATH` names
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema of the configuration file
    Schema {
        /// Write the committed schema and example instead of printing
        #[arg(long)]
        write: bool,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::Check { file } => check(file.as_ref()),
        Action::Schema { write: true } => write(),
        Action::Schema { write: false } => {
            output::print(&json_schema())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(file: Option<&PathBuf>) -> Outcome {
    let sources = match file {
        Some(file) => Sources::of_process_with(file),
        None => Sources::of_process(),
    };
    let config = Config::from_sources(sources).map_err(|error| Failure::new(error.to_string()))?;
    note!("the configuration is right: database {} on {}", config.database.name, config.database.host);
    Ok(ExitCode::SUCCESS)
}

fn write() -> Outcome {
    let folder = root().join("crates/wh-config");
    for (name, text) in [("config.example.yaml", example_yaml()), ("config.schema.json", json_schema())] {
        if ensure_file_contents(&folder.join(name), &text, false, "cargo xtask config schema --write")? {
            note!("{name} was brought up to date");
        }
    }
    Ok(ExitCode::SUCCESS)
}
