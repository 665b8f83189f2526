//! `wh-data workers`

use std::process::ExitCode;

use secrecy::ExposeSecret;
use uuid::Uuid;
use wh_crypto::{KeyRing, generate_token};
use wh_plans::Plans;
use wh_repo::WorkerRegistration;
use wh_types::{Cpu, Size};

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::runtime;

/// Register the machines that run apps
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data workers add worker-1 --zone w1.acme.dev --region Frankfurt --cpu 4 --memory 8GiB")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Register a worker, and print its API key: the only time that it is shown, since the database has its hash alone
    Add(New),
}

#[derive(Debug, clap::Args)]
struct New {
    /// The worker's name, unique among all
    name: String,
    /// DNS suffix that the worker owns: its apps are reached under it
    #[arg(long, default_value = "")]
    zone: String,
    /// Region as users read it
    #[arg(long, default_value = "")]
    region: String,
    /// IP address that the worker calls from, where it is known
    #[arg(long, default_value = "")]
    ip: String,
    /// CPU for all apps together
    #[arg(long, default_value = "2")]
    cpu: Cpu,
    /// Memory for all apps together
    #[arg(long, default_value = "4GiB")]
    memory: Size,
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown: also where there is a worker of this name already.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    let Action::Add(new) = arguments.action;
    runtime()?.block_on(async {
        // No secret is read or written here, so that any key will do.
        let keys = KeyRing::new(&Uuid::new_v4().to_string().into(), &[])?;
        let db = wh_repo::Database::lazy(database.connector(), keys, Plans::new());
        // A second registration would take the key away from the worker that has the name.
        if db.workers().list().await?.iter().any(|worker| worker.name == new.name) {
            return Err(Failure::new(format!(
                "there is a worker {:?} already: choose another name, or delete that one first",
                new.name
            )));
        }
        let api_key = generate_token()?;
        let registration = WorkerRegistration {
            name: new.name,
            ip_address: new.ip,
            api_key: api_key.clone(),
            zone: new.zone,
            region_name: new.region,
            capacity_cpu_milli: new.cpu.milli(),
            capacity_memory_mib: new.memory.mib(),
        };
        let worker = db.workers().upsert(&registration).await?;
        note!(
            "worker {} is registered as {}; its key, for worker.api_key of its configuration:",
            worker.id,
            worker.name
        );
        answer!("{}", api_key.expose_secret());
        Ok(ExitCode::SUCCESS)
    })
}
