//! `wh-data maintain`

use std::process::ExitCode;
use std::time::Duration;

use uuid::Uuid;
use wh_config::Config;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::MaintenanceOptions;

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::{runtime, stopped};

/// Do what a database needs done now and then, and say what was done
///
/// Fails stuck jobs, marks silent workers offline, makes the coming days of logs, deletes and drops what is old. Does nothing
/// where a service is doing so just now. Says on which database it works. How long a build may be silent is `jobs.build_timeout`
/// of the configuration, where there is one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data maintain                      once, with the times that docs/operations.md lists
  wh-data maintain --every 300          for ever, with pauses of five minutes
  wh-data maintain --batches 10000      go on where a run left much behind

Status: 0 where every step was done, else 1.")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    /// Most batches of each step
    #[arg(long, value_name = "COUNT", default_value_t = MaintenanceOptions::default().batches)]
    batches: u32,

    /// Run again and again, with pauses of so many seconds, until a signal ends it
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    let options = match Config::load() {
        Ok(config) => crate::maintenance_options(&config),
        Err(_) => MaintenanceOptions::default(),
    };
    note!("a build may be silent for {} s", options.build_timeout.as_secs());
    let options = MaintenanceOptions { batches: arguments.batches, ..options };
    let every = arguments.every.map(Duration::from_secs);
    runtime()?.block_on(async {
        tokio::select! {
            outcome = maintain(&database, &options, every) => outcome,
            status = stopped() => Ok(if every.is_some() { ExitCode::SUCCESS } else { status }),
        }
    })
}

async fn maintain(database: &Database, options: &MaintenanceOptions, every: Option<Duration>) -> Outcome {
    // Maintenance opens no encrypted value, so that any key will do.
    let keys = KeyRing::new(&Uuid::new_v4().to_string().into(), &[])?;
    let db = wh_repo::Database::lazy(database.connector(), keys, Plans::new());
    loop {
        let outcome = db.maintenance().run(options).await;
        let Some(pause) = every else {
            let report = outcome?;
            answer!("{report:#}");
            return Ok(if report.failures().next().is_none() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        };
        match outcome {
            Ok(report) => answer!("{report:#}"),
            // A service goes on: what failed may pass.
            Err(error) => note!("error: {}", Failure::from(error)),
        }
        tokio::time::sleep(pause).await;
    }
}
