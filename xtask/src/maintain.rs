//! `cargo xtask maintain`

use std::process::ExitCode;

use uuid::Uuid;
use wh_data::{crypto::KeyRing, plans::Plans, repo::MaintenanceOptions};

use crate::{
    database::Database,
    failure::{Failure, Outcome},
};

/// Do what a database needs done now and then, and say what was done
///
/// Fails stuck jobs, marks silent workers offline, makes the coming days of logs, deletes and drops what is old. Does nothing
/// where a service is doing so just now. Works on --database-url, else on `DATABASE_URL`, else on the stack of
/// `cargo xtask up`, and says on which.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask maintain                      once, with the times that docs/operations.md lists
  cargo xtask maintain --batches 10000      go on where a run left much behind
  cargo xtask maintain --database-url postgres://me@db.example/wisehosting")]
pub(crate) struct Arguments {
    /// The database; `DATABASE_URL` and the running stack come after it
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// Most batches of each step
    #[arg(long, value_name = "COUNT", default_value_t = MaintenanceOptions::default().batches)]
    batches: u32,
}

pub(crate) fn run(arguments: Arguments) -> Outcome {
    let database = Database::find(arguments.database_url)?;
    note!("on {database}");
    let options = MaintenanceOptions { batches: arguments.batches, ..MaintenanceOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    runtime.block_on(maintain(&database, &options))
}

async fn maintain(database: &Database, options: &MaintenanceOptions) -> Outcome {
    // Maintenance opens no encrypted value, so that any key will do.
    let keys = KeyRing::new(&Uuid::new_v4().to_string().into(), &[])
        .map_err(|error| Failure::new(error.to_string()))?;
    let db = wh_data::repo::Database::lazy(database.connector(), keys, Plans::new());
    let report = db.maintenance().run(options).await.map_err(|error| Failure::new(error.to_string()))?;
    answer!("{report:#}");
    Ok(if report.failures().next().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
