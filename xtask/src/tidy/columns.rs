//! The table of `docs/security.md`, which is made from the column ledger.

use std::fmt::Write as _;

use wh_data::schema::columns::{ALL, Class};

use super::Report;
use crate::child::root;
use crate::failure::{Failure, Outcome};
use crate::generate::ensure_file_contents;

const BEGIN: &str = "<!-- columns -->\n";
const END: &str = "<!-- /columns -->";

/// Compares the table with the ledger.
#[expect(clippy::unnecessary_wraps, reason = "it is a check like the others")]
pub(super) fn check() -> Outcome<Report> {
    let listed = ALL.iter().filter(|column| column.class != Class::Plain).count();
    let mut report =
        Report { summary: format!("{listed} of {} are not plain", ALL.len()), ..Report::default() };
    if let Err(failure) = ensure(true) {
        report.complaints.push(failure.to_string());
    }
    Ok(report)
}

/// Brings the table up to date.
pub(super) fn write() -> Outcome<bool> {
    ensure(false)
}

fn ensure(check: bool) -> Outcome<bool> {
    let path = root().join("docs/security.md");
    let page = std::fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
    ensure_file_contents(&path, &wanted, check, "cargo xtask tidy --write")
}

fn missing(mark: &str) -> Failure {
    Failure::new(format!("docs/security.md has lost its mark {}", mark.trim()))
}

fn table() -> String {
    let mut lines = String::from("| column | holds |\n|---|---|\n");
    for class in [Class::Encrypted, Class::Hashed, Class::Personal] {
        for column in ALL.iter().filter(|column| column.class == class) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "| `{}.{}` | {class} |", column.table, column.name);
        }
    }
    lines
}
