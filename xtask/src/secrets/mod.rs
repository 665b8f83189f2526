//! `cargo xtask secrets`

mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use wh_data::config::{ServerSecrets, Sources};
use wh_data::crypto::KeyRing;
use wh_data::plans::Plans;
use wh_data::repo::{self, RotateOptions, SecretsProgress};
use wh_schema::migrations;

use crate::{
    database::Database,
    failure::{Failure, Outcome},
    interrupt, output,
    progress::Progress,
};

/// Count what is encrypted with which key, or bring all of it to the current one
///
/// Works on --database-url, else on `DATABASE_URL`, else on the stack of `cargo xtask up`, and says on which. The server
/// secrets come from where a service has them: the file at `CONFIG_PATH` (or config.yaml), `WH_API_SERVER__SECRET` and
/// `WH_API_SERVER__PREVIOUS_SECRETS`, or the credential `api_server_secret`; the rest of the configuration need not be there.
/// Secrets and values are never shown: keys go by their fingerprint.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask secrets status                       which keys and forms there are, and what does not open
  cargo xtask secrets rotate                       everything to the current key; may be interrupted and run again
  cargo xtask secrets --config prod.yaml rotate    with the secrets of this file

Status: 0 where nothing is left to do (status: everything opens; rotate: the current secret alone is needed), else 1.
The whole story of changing the secret is in docs/operations.md.")]
pub(crate) struct Arguments {
    /// The database; `DATABASE_URL` and the running stack come after it
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,

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

pub(crate) fn run(arguments: Arguments) -> Outcome {
    let sources = match &arguments.config {
        Some(file) => Sources::of_process_with(file),
        None => Sources::of_process(),
    };
    let ring = ServerSecrets::from_sources(sources)
        .map_err(|error| Failure::new(error.to_string()))
        .and_then(|secrets| wh_data::key_ring(&secrets).map_err(|error| Failure::new(error.to_string())))?;
    let database = Database::find(arguments.database_url)?;
    note!("on {database}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    runtime.block_on(async {
        let db = open(&database, ring.clone()).await?;
        match arguments.action {
            Action::Status => status(&db, &ring).await,
            Action::Rotate { batch } => {
                rotate(&db, &ring, RotateOptions { batch, ..RotateOptions::default() }).await
            }
        }
    })
}

/// The repositories, over a schema that has what these commands need.
async fn open(database: &Database, ring: KeyRing) -> Outcome<repo::Database> {
    let schema = migrations::status(database.connect().await?).await?;
    if schema.dirty || schema.pending().next().is_some() {
        return Err(Failure::new(format!(
            "the schema is at version {}, which is not the one of this build: `cargo xtask migrate status` says more",
            schema.version
        )));
    }
    Ok(repo::Database::lazy(database.connector(), ring, Plans::new()))
}

async fn status(db: &repo::Database, ring: &KeyRing) -> Outcome {
    let mut told = Told::new();
    let census = db.secrets().status(|at| told.tell(at)).await;
    told.end();
    let (census, keys) = (census.map_err(failed)?, db.secrets().keys().await.map_err(failed)?);
    output::print(&report::tables(&census, &keys, &ring.ids()))?;
    Ok(if census.unopenable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn rotate(db: &repo::Database, ring: &KeyRing, options: RotateOptions) -> Outcome {
    let interrupted = interrupt::on_signal(|| {
        note!("interrupted: what was rewritten stays so; run it again, and it goes on from there");
    });
    let mut told = Told::new();
    let rotation = db.secrets().rotate(options, |at| told.tell(at)).await;
    told.end();
    interrupted.forget();
    let rotation = rotation.map_err(failed)?;
    output::print(&report::tables(&rotation.census, &rotation.keys, &ring.ids()))?;
    note!("{} of {} values were written anew", rotation.rewritten, rotation.census.total());
    for key in &rotation.forgotten {
        note!("key {key} is not needed any more: its secret can be taken out of the configuration");
    }
    for obstacle in report::obstacles(&rotation, &ring.ids()) {
        note!("not done: {obstacle}");
    }
    Ok(if rotation.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over errors")]
fn failed(error: repo::Error) -> Failure {
    Failure::new(error.to_string())
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
