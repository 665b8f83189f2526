//! `wh-data migrate`

mod report;

use std::process::ExitCode;

use wh_schema::migrations::{self, Target};

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::Outcome;
use super::progress::Progress;
use super::runtime;

/// Bring a database to a version of the schema
///
/// Without an action, applies everything that is pending. Says on which database it works.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data migrate                       apply everything that is pending
  wh-data migrate status                what is applied and what is pending
  wh-data migrate down 1                take the last migration back
  wh-data migrate to 3                  up or down to version 3
  wh-data migrate force 3               it is at version 3 and clean, whatever its ledger says
  wh-data migrate --database-url postgres://me@db.example/wisehosting status")]
pub struct Arguments {
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArguments,

    /// What to do; up without one.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What to do with the schema.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Apply everything that is pending (what happens without an action)
    Up,
    /// Take the last migrations back; rows that the older schema cannot hold are lost
    Down {
        /// How many
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        count: u32,
    },
    /// Go up or down to a version; 0 takes everything back
    To {
        /// The number of the migration, without leading zeros
        #[arg(value_parser = clap::value_parser!(i64).range(0..))]
        version: i64,
    },
    /// Show what is applied and what is pending; changes nothing
    Status,
    /// Write into the ledger that the database is at a version, and clean
    ///
    /// For a dirty ledger, after the database was looked at and repaired: runs no migration.
    Force {
        /// The version that the database really has
        #[arg(value_parser = clap::value_parser!(i64).range(0..))]
        version: i64,
    },
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    runtime()?.block_on(act_on(&database, arguments.action.unwrap_or(Action::Up)))
}

async fn act_on(database: &Database, action: Action) -> Outcome {
    let conn = database.connect().await?;
    let target = match action {
        Action::Up => Target::Latest,
        Action::Down { count } => Target::Down(count),
        Action::To { version } => Target::Version(version),
        Action::Status => return Ok(report::status(&migrations::status(conn).await?)),
        Action::Force { version } => {
            migrations::force(conn, version).await?;
            note!("the ledger says version {version}, clean");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let progress = Progress::new();
    let steps = progress.clone();
    let done = migrations::migrate(conn, target, move |step| report::step(&steps, &step)).await;
    progress.end();
    report::summary(&done?);
    Ok(ExitCode::SUCCESS)
}
