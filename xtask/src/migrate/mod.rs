//! `cargo xtask migrate`

mod new;
mod report;

use std::process::ExitCode;

use wh_schema::migrations::{self, Target};

use crate::{
    database::Database,
    failure::{Failure, Outcome},
    progress::Progress,
};

/// Bring a database to a version of the schema
///
/// Without an action, applies everything that is pending. Works on --database-url, else on `DATABASE_URL`, else on the stack of
/// `cargo xtask up`, and says on which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask migrate                       apply everything that is pending
  cargo xtask migrate status                what is applied and what is pending
  cargo xtask migrate down 1                take the last migration back
  cargo xtask migrate to 3                  up or down to version 3
  cargo xtask migrate force 3               it is at version 3 and clean, whatever its ledger says
  cargo xtask migrate new app_labels        write the next pair of files
  cargo xtask migrate --database-url postgres://me@db.example/wisehosting status")]
pub(crate) struct Arguments {
    /// The database; `DATABASE_URL` and the running stack come after it
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,

    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
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
    /// Write an empty pair of files for the next version
    New {
        /// What it does, in small letters: `add_app_labels`
        slug: String,
    },
}

pub(crate) fn run(arguments: Arguments) -> Outcome {
    if let Some(Action::New { slug }) = &arguments.action {
        return new::run(slug);
    }
    let database = Database::find(arguments.database_url)?;
    note!("on {database}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    runtime.block_on(act(&database, arguments.action.unwrap_or(Action::Up)))
}

async fn act(database: &Database, action: Action) -> Outcome {
    let conn = database.connect().await?;
    let target = match action {
        Action::Up | Action::New { .. } => Target::Latest,
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
