//! `cargo xtask tidy`

mod columns;
mod dependencies;
mod excerpts;
mod files;
mod lockfile;
mod names;
mod rooms;
mod statements;
mod table;

use std::process::ExitCode;

use crate::failure::{Failure, Outcome};

/// Check what the compiler cannot: who depends on whom, file lengths, and the table of names
///
/// The crates' dependencies against the table of the house; no circle between the rooms of a crate; no file over 400 lines; no crate
/// that brings OpenSSL or another C library for TLS or Postgres; no host of a registry and no path of a particular machine in a
/// committed file; every operation is in the table of the reference, and has its old name as an alias; every statement names its
/// columns; and the code that `docs` shows exists.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Bring generated parts of the documentation up to date first
    #[arg(long)]
    write: bool,
}

/// One check: what it found out, or what is wrong.
type Check = fn() -> Outcome<Report>;

/// What a check says when it is content, and everything that it found wrong.
#[derive(Debug, Default)]
struct Report {
    summary: String,
    complaints: Vec<String>,
}

const CHECKS: &[(&str, Check)] = &[
    ("dependencies", dependencies::check),
    ("lock file", lockfile::check),
    ("files", files::check),
    ("columns", columns::check),
    ("names", names::check),
    ("rooms", rooms::check),
    ("statements", statements::check),
    ("excerpts", excerpts::check),
];

/// Brings a file up to date, and says whether it was not.
type Write = fn() -> Outcome<bool>;

const GENERATED: &[(&str, Write)] = &[("docs/security.md", columns::write)];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.write {
        for (what, write) in GENERATED {
            if write()? {
                note!("{what} was brought up to date");
            }
        }
    }
    let mut complaints = 0;
    for (name, check) in CHECKS {
        let report = check()?;
        let mark = if report.complaints.is_empty() { "ok" } else { "WRONG" };
        note!("{name:<13} {mark:<6} {}", report.summary);
        for complaint in &report.complaints {
            note!("  {complaint}");
        }
        complaints += report.complaints.len();
    }
    if complaints == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new(format!("tidy has {complaints} complaints; each says above what to do about it")))
}

#[cfg(test)]
mod tests {
    use super::CHECKS;

    #[test]
    fn the_house_is_tidy() {
        let complaints: Vec<String> =
            CHECKS.iter().flat_map(|(_, check)| check().unwrap().complaints).collect();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}
