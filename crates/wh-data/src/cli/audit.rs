//! `wh-data audit`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use wh_repo::{AuditSeal, AuditTrail};
use wh_types::UserId;

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::{output, runtime, secrets};

/// Verify the audit trails, or export them
///
/// The server secrets, which verify the seals, come from where `wh-data secrets` has them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wh-data audit verify                       every trail
  wh-data audit verify 42                    the trail of user 42
  wh-data audit verify --kept seals.jsonl    the trails of the seals in an earlier export, against these seals too
  wh-data audit export > audit.jsonl         everything, for docs/verify-audit.py

Status: 0 where every trail is what was recorded, else 1. docs/security.md says what is found and what is not.")]
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
    /// Name the first fault of each trail; changes nothing
    Verify {
        /// The user's id; all users without it
        #[arg(conflicts_with = "kept")]
        user: Option<i64>,
        /// An export that was kept elsewhere
        #[arg(long, value_name = "FILE")]
        kept: Option<PathBuf>,
    },
    /// Print heads, seals and events as lines of JSON
    Export {
        /// The user's id; all users without it
        user: Option<i64>,
    },
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let ring = secrets::ring(arguments.config.as_deref())?;
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    runtime()?.block_on(async {
        let db = secrets::open(&database, ring).await?;
        match arguments.action {
            Action::Verify { user: None, kept: None } => verify_all(&db).await,
            Action::Verify { user: Some(user), .. } => {
                let trail = db.audit().verify(UserId::new(user)).await?;
                note!("{}", summary(&trail));
                Ok(status(faults(&trail)))
            }
            Action::Verify { kept: Some(file), .. } => verify_kept(&db, &file).await,
            Action::Export { user } => {
                let print = async |line: String| output::print(&format!("{line}\n"));
                let lines = db.audit().export(user.map(UserId::new), print).await?;
                note!("{lines} lines");
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

async fn verify_all(db: &wh_repo::Database) -> Outcome {
    let trails = db.audit().verify_all(|trail| _ = faults(trail)).await?;
    note!(
        "{} links of {} users: {} with a fault, {} without a seal, {} older events not chained yet",
        trails.links,
        trails.users,
        trails.faulty,
        trails.unsealed,
        trails.waiting
    );
    Ok(status(trails.faulty))
}

/// A line of an export.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    seal: Option<AuditSeal>,
}

async fn verify_kept(db: &wh_repo::Database, file: &Path) -> Outcome {
    let failed = |error| Failure::io("read", file, &error);
    let (mut seals, mut faulty) = (0_u64, 0);
    for line in BufReader::new(File::open(file).map_err(failed)?).lines() {
        let Line { seal } = serde_json::from_str(&line.map_err(failed)?)
            .map_err(|error| Failure::new(format!("{} is no export: {error}", file.display())))?;
        if let Some(seal) = seal {
            seals += 1;
            faulty += faults(&db.audit().verify_against(&seal).await?);
        }
    }
    note!("{seals} seals: {faulty} with a fault");
    Ok(status(faulty))
}

/// Prints the fault of a trail, and gives the number of faults.
fn faults(trail: &AuditTrail) -> u64 {
    trail.fault.iter().for_each(|fault| answer!("{fault}"));
    u64::from(trail.fault.is_some())
}

fn summary(trail: &AuditTrail) -> String {
    let AuditTrail { user, links, pruned, sealed, waiting, .. } = trail;
    format!(
        "user {user}: {links} links after {pruned} that retention removed, sealed up to {sealed}, {waiting} events not chained yet"
    )
}

fn status(faults: u64) -> ExitCode {
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
