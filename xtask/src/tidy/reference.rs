//! `docs/reference.md` once more, as a page of rustdoc: with each of our names linked to its documentation.

use super::Report;
use super::names::{Source, table};
use crate::child::root;
use crate::failure::Outcome;
use crate::generate::ensure_file_contents;

const PAGE: &str = "crates/wh-data/src/reference.md";

/// Compares the page with the table.
pub(super) fn check() -> Outcome<Report> {
    let (page, links) = page()?;
    let mut report = Report { summary: format!("{links} names are linked to rustdoc"), ..Report::default() };
    if let Err(failure) = ensure_file_contents(&root().join(PAGE), &page, true, "cargo xtask tidy --write") {
        report.complaints.push(failure.to_string());
    }
    Ok(report)
}

/// Brings the page up to date.
pub(super) fn write() -> Outcome<bool> {
    ensure_file_contents(&root().join(PAGE), &page()?.0, false, "")
}

/// The page, and how many links it has.
fn page() -> Outcome<(String, usize)> {
    let source = Source::of_the_house()?;
    let mut links = 0;
    let mut page = String::from("<!-- Made from docs/reference.md by `cargo xtask tidy --write`. -->\n\n");
    for line in table()?.lines() {
        page.push_str(&linked(line, &source, &mut links));
        page.push('\n');
    }
    Ok((page, links))
}

/// A line with the names of its second cell linked; a line that is no row as it is.
fn linked(line: &str, source: &Source, links: &mut usize) -> String {
    let mut cells: Vec<String> = line.split('|').map(str::to_owned).collect();
    if let (true, Some(cell)) = (line.starts_with('|'), cells.get_mut(2)) {
        let show = |(index, part): (usize, &str)| match (index % 2, target(part, source)) {
            (0, _) => part.to_owned(),
            (_, None) => format!("`{part}`"),
            (_, Some(path)) => {
                *links += 1;
                format!("[`{part}`]({path})")
            }
        };
        *cell = cell.split('`').enumerate().map(show).collect();
    }
    cells.join("|")
}

/// Where rustdoc has a name of the table: below the crate that the facade re-exports.
fn target(name: &str, source: &Source) -> Option<String> {
    let (first, rest) = name.split_once("::").unwrap_or((name, ""));
    let path = match first {
        "rows" => format!("crate::repo::{name}"),
        "migrations" => format!("crate::schema::{name}"),
        "messages" => format!("crate::types::{rest}"),
        _ => {
            if let Some(home) = first.strip_prefix("wh_") {
                return Some(format!("crate::{home}::{rest}"));
            }
            match source.homes(name).find_map(|home| home.strip_prefix("wh-"))? {
                "data" => format!("crate::{name}"),
                home => format!("crate::{home}::{name}"),
            }
        }
    };
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_linked_below_the_crate_that_has_it() {
        let source = Source::of_the_house().unwrap();
        let mut links = 0;
        let line = linked(
            "| `FindUserByID` | `Users::find`, or `not this` | 1 | `Users::find` |",
            &source,
            &mut links,
        );
        let wanted = "| `FindUserByID` | [`Users::find`](crate::repo::Users::find), or `not this` | 1 | `Users::find` |";
        assert_eq!((line.as_str(), links), (wanted, 1));
        assert_eq!(
            linked("`Users::find` outside of a table", &source, &mut links),
            "`Users::find` outside of a table"
        );
        assert_eq!(target("rows::User", &source).unwrap(), "crate::repo::rows::User");
        assert_eq!(target("Database::dsn", &source).unwrap(), "crate::config::Database::dsn");
        assert_eq!(target("wh_crypto::hash_api_key", &source).unwrap(), "crate::crypto::hash_api_key");
    }
}
