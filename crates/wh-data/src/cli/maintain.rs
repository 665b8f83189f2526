//! `wh-data maintain`

use std::process::ExitCode;
use std::time::Duration;

use uuid::Uuid;
use wh_config::{Jobs, ServerSecrets, Sources, parse_duration};
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
/// of the configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data maintain                      once, with the times that docs/operations.md lists
  wh-data maintain --every 5m           for ever, with pauses of five minutes
  wh-data maintain --batches 10000      go on where a run left much behind

Status: 0 where every step was done, else 1.")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    /// Most batches of each step
    #[arg(long, value_name = "COUNT", default_value_t = MaintenanceOptions::default().batches)]
    batches: u32,

    /// Run again and again, with pauses of this length (30s, 5m, 1h), until a signal ends it
    #[arg(long, value_name = "DURATION", value_parser = pause)]
    every: Option<Duration>,
}

/// The length of a pause.
fn pause(text: &str) -> Result<Duration, String> {
    let pause = parse_duration(text).filter(|pause| *pause >= Duration::from_secs(1));
    pause.ok_or_else(|| "write a second or more, like 30s, 5m or 1h".to_owned())
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    let build_timeout = Jobs::from_sources(Sources::of_process())?.build_timeout;
    note!("a build may be silent for {} s", build_timeout.as_secs());
    let options =
        MaintenanceOptions { batches: arguments.batches, build_timeout, ..MaintenanceOptions::default() };
    let keys = keys()?;
    let every = arguments.every;
    runtime()?.block_on(async {
        tokio::select! {
            outcome = maintain(&database, keys, &options, every) => outcome,
            status = stopped() => Ok(if every.is_some() { ExitCode::SUCCESS } else { status }),
        }
    })
}

/// The keys of the services here. They sign audit trails; without them any key does for the rest, since maintenance opens no
/// encrypted value and seals with a key on record only.
fn keys() -> Outcome<KeyRing> {
    match ServerSecrets::from_sources(Sources::of_process()) {
        Ok(secrets) => Ok(crate::key_ring(&secrets)?),
        Err(error) => {
            note!("audit trails are not sealed: {error}");
            Ok(KeyRing::new(&Uuid::new_v4().to_string().into(), &[])?)
        }
    }
}

async fn maintain(
    database: &Database,
    keys: KeyRing,
    options: &MaintenanceOptions,
    every: Option<Duration>,
) -> Outcome {
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
