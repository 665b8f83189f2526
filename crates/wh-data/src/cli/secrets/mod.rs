//! `wh-data secrets`

mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wh_config::{ServerSecrets, Sources};
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{RotateOptions, SecretsProgress};
use wh_schema::migrations;

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::progress::Progress;
use super::{output, runtime, stopped};

/// Count what is encrypted with which key, or bring all of it to the current one
///
/// Says on which database it works. The server secrets come from where a service has them: the file at `CONFIG_PATH` (or config.yaml), `WH_API_SERVER__SECRET` and
/// `WH_API_SERVER__PREVIOUS_SECRETS`, or the credential `api_server_secret`; the rest of the configuration need not be there.
/// Secrets and values are never shown: keys go by their fingerprint.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data secrets status                       which keys and forms there are, and what does not open
  wh-data secrets rotate                       everything to the current key; may be interrupted and run again
  wh-data secrets --config prod.yaml rotate    with the secrets of this file

Status: 0 where nothing is left to do (status: everything opens; rotate: the current secret alone is needed), else 1.
The whole story of changing the secret is in docs/operations.md.")]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,

    /// The configuration file with the secrets, in place of the one that `CONFIG_PATH` names
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Count the values of each column by key and form, and list what no key opens; changes nothing
    Status,
    /// Write everything anew that is not sealed with the current key, while services go on
    ///
    /// Takes a previous secret off the record when nothing needs it any more.
    Rotate {
        /// Rows of one statement
        #[arg(long, default_value_t = RotateOptions::default().batch,
            value_parser = clap::value_parser!(u32).range(1..=i64::from(RotateOptions::MAX_BATCH)))]
        batch: u32,
    },
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let ring = ring(arguments.config.as_deref())?;
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    runtime()?.block_on(async {
        let db = open(&database, ring.clone()).await?;
        match arguments.action {
            Action::Status => status(&db, &ring).await,
            Action::Rotate { batch } => {
                rotate(&db, &ring, RotateOptions { batch, ..RotateOptions::default() }).await
            }
        }
    })
}

/// The keys of the services here, or of this configuration file.
pub(super) fn ring(config: Option<&Path>) -> Outcome<KeyRing> {
    let sources = config.map_or_else(Sources::of_process, Sources::of_process_with);
    Ok(crate::key_ring(&ServerSecrets::from_sources(sources)?)?)
}

/// The repositories, over a schema that has what these commands need.
pub(super) async fn open(database: &Database, ring: KeyRing) -> Outcome<wh_repo::Database> {
    let schema = migrations::status(database.connect().await?).await?;
    if schema.dirty || schema.pending().next().is_some() {
        return Err(Failure::new(format!(
            "the schema is at version {}, which is not the one of this build: `wh-data migrate status` says more",
            schema.version
        )));
    }
    Ok(wh_repo::Database::lazy(database.connector(), ring, Plans::new()))
}

async fn status(db: &wh_repo::Database, ring: &KeyRing) -> Outcome {
    let mut told = Told::new();
    let census = db.secrets().status(|at| told.tell(at)).await;
    told.end();
    let (census, keys) = (census?, db.secrets().keys().await?);
    output::print(&report::tables(&census, &keys, &ring.ids()))?;
    Ok(if census.unopenable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn rotate(db: &wh_repo::Database, ring: &KeyRing, options: RotateOptions) -> Outcome {
    let mut told = Told::new();
    let secrets = db.secrets();
    let rotation = tokio::select! {
        rotation = secrets.rotate(options, |at| told.tell(at)) => rotation?,
        status = stopped() => {
            note!("interrupted: what was rewritten stays so; run it again, and it goes on from there");
            return Ok(status);
        }
    };
    told.end();
    output::print(&report::tables(&rotation.census, &rotation.keys, &ring.ids()))?;
    note!("{} of {} values were written anew", rotation.rewritten, rotation.census.total());
    note!("{} audit trails were sealed anew", rotation.sealed);
    for key in &rotation.forgotten {
        note!("key {key} is not needed any more: its secret can be taken out of the configuration");
    }
    for obstacle in report::obstacles(&rotation, &ring.ids()) {
        note!("not done: {obstacle}");
    }
    Ok(if rotation.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The progress of a pass: a bar on a terminal, a line for each column elsewhere.
struct Told {
    progress: Progress,
    last: Option<SecretsProgress>,
}

impl Told {
    fn new() -> Self {
        Self { progress: Progress::bar(), last: None }
    }

    fn tell(&mut self, at: &SecretsProgress) {
        if self.last.is_some_and(|last| (last.pass, last.table) != (at.pass, at.table)) {
            self.log();
        }
        self.progress.advance(at.rows, at.about, &line(at));
        self.last = Some(*at);
    }

    /// What became of a column, when it is through.
    fn log(&mut self) {
        if let Some(last) = self.last.take() {
            self.progress.log(&format!("{}, of {} rows", line(&last), last.rows));
        }
    }

    fn end(&mut self) {
        self.log();
        self.progress.end();
    }
}

fn line(at: &SecretsProgress) -> String {
    format!("pass {}: {}.{}, {} rewritten", at.pass, at.table, at.column, at.rewritten)
}
