//! `cargo xtask gen-schema`

mod diesel_cli;

use std::process::{Command, ExitCode};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use wh_schema::migrations::{self, Target};
use wh_stack::Stack;

use crate::{
    child,
    failure::{Failure, Outcome},
    generate::ensure_file_contents,
    progress::Progress,
    stack,
};

pub(crate) use diesel_cli::cached as cached_cli;

/// Where the generated tables lie.
const FILE: &str = "crates/wh-schema/src/schema.rs";

/// Generate the tables that Diesel knows from the migrations
///
/// Migrates a throw-away database from zero and prints its tables with a pinned `diesel_cli`. The first use builds that program
/// into the tool cache, which takes some minutes; later ones take seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask gen-schema                    after a migration was written or changed
  cargo xtask gen-schema --check            fail, and show the difference, if the file is old")]
pub(crate) struct Arguments {
    /// Change nothing; fail if the committed file differs by a byte
    #[arg(long)]
    check: bool,

    /// Use the pinned Postgres 18, whatever else there is
    #[arg(long)]
    pinned: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let diesel = diesel_cli::obtain()?;
    // Private, and so empty: nothing of an existing database can slip into the generated file.
    let stack = stack::start(Stack::builder().private().pinned(arguments.pinned))?;
    let progress = Progress::new();
    progress.step("migrating a throw-away database from zero");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    runtime.block_on(migrate_from_zero(&stack))?;
    let printed = child::output(
        Command::new(&diesel)
            .current_dir(child::root())
            .args(["print-schema", "--config-file", "diesel.toml"])
            .env("DATABASE_URL", stack.database_url()),
    );
    progress.end();
    drop(stack);
    let text = formatted(&printed?.stdout)?;
    let repair = "`cargo xtask gen-schema`, and commit the file";
    if ensure_file_contents(&child::root().join(FILE), &text, arguments.check, repair)? {
        note!("wrote {FILE}");
    } else {
        note!("{FILE} is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives an empty database the newest schema.
pub(crate) async fn migrate_from_zero(stack: &Stack) -> Outcome<()> {
    let conn = AsyncPgConnection::establish(stack.database_url()).await;
    let conn =
        conn.map_err(|error| Failure::new(format!("could not connect to {}: {error}", stack.title())))?;
    migrations::migrate(conn, Target::Latest, |_| {}).await?;
    Ok(())
}

/// The text as rustfmt leaves it, so that `cargo fmt --check` agrees with the committed file.
fn formatted(text: &[u8]) -> Outcome<String> {
    let path = std::env::temp_dir().join(format!("wh-schema-{}.rs", std::process::id()));
    std::fs::write(&path, text).map_err(|error| Failure::io("write", &path, &error))?;
    let config = child::root().join("rustfmt.toml");
    let done = child::output(
        Command::new("rustfmt").args(["--edition", "2024", "--config-path"]).arg(config).arg(&path),
    );
    let read = std::fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error));
    drop(std::fs::remove_file(&path));
    done.map_err(|failure| Failure::new(format!("{failure}\nTo repair it: rustup component add rustfmt")))?;
    read
}
