//! `wh-data config`

use std::path::PathBuf;
use std::process::ExitCode;

use wh_config::{Config, Sources, example_yaml, json_schema};

use super::failure::Outcome;
use super::output;

/// Check a configuration, or print what one may hold
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data config check                  what a service started here would get
  wh-data config check config.yaml      one file, with the environment and the credentials of this shell
  wh-data config schema > schema.json   the JSON Schema for an editor
  wh-data config example > config.yaml  every setting, with what it is for")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show every fault at once, each with its place
    Check {
        /// The file in place of the one that `CONFIG_PATH` names
        file: Option<PathBuf>,
    },
    /// Print what a service started here would get; secrets are masked
    Show {
        /// The file in place of the one that `CONFIG_PATH` names
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema of the configuration file
    Schema,
    /// Print a configuration file with every setting
    Example,
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(action: &Action) -> Outcome {
    match action {
        Action::Check { file } => {
            let config = read(file.as_ref())?;
            note!(
                "the configuration is right: database {} on {}",
                config.database.name,
                config.database.host
            );
        }
        Action::Show { file } => output::print(&format!("{:#?}\n", read(file.as_ref())?))?,
        Action::Schema => output::print(&json_schema())?,
        Action::Example => output::print(&example_yaml())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: Option<&PathBuf>) -> Outcome<Config> {
    let sources = match file {
        Some(file) => Sources::of_process_with(file),
        None => Sources::of_process(),
    };
    Ok(Config::from_sources(sources)?)
}
