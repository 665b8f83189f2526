//! `wh-data repair-sequences`

use std::process::ExitCode;

use wh_schema::inspect::repair_sequences;

use super::database::{Database, DatabaseArguments, Elsewhere};
use super::failure::{Failure, Outcome};
use super::runtime;

/// Move sequences that are behind their tables, as after a data-only restore; none is ever moved back
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

/// Carries the command out.
///
/// # Errors
/// What went wrong, ready to be shown.
pub fn run(arguments: Arguments, elsewhere: Elsewhere) -> Outcome {
    let database = Database::find(arguments.database, elsewhere)?;
    note!("on {database}");
    let repaired = runtime()?
        .block_on(async { Ok::<_, Failure>(repair_sequences(&database.connect().await?).await?) })?;
    for one in &repaired {
        answer!("{one}");
    }
    if repaired.is_empty() {
        answer!("no sequence is behind its table");
    }
    Ok(ExitCode::SUCCESS)
}
