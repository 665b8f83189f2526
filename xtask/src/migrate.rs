//! `cargo xtask migrate`

use wh_data::cli::database::DatabaseArguments;
use wh_data::cli::migrate;

use crate::database::of_the_stack;
use crate::failure::Outcome;
use crate::new_migration;

/// Bring a database to a version of the schema, or write the next migration
///
/// Without an action, applies everything that is pending. Works on --database-url, else on `DATABASE_URL`, else on the stack of
/// `cargo xtask up`, and says on which.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    #[command(flatten)]
    OfTheProgram(migrate::Action),
    /// Write an empty pair of files for the next version
    New {
        /// What it does, in small letters: `add_app_labels`
        slug: String,
    },
}

pub(crate) fn run(arguments: Arguments) -> Outcome {
    let Arguments { database, action } = arguments;
    let action = match action {
        Some(Action::New { slug }) => return new_migration::run(&slug),
        Some(Action::OfTheProgram(action)) => Some(action),
        None => None,
    };
    migrate::run(migrate::Arguments { database, action }, of_the_stack)
}
