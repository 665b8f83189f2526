//! The table of names, both ways: every operation of the reference leads to a function that exists, and every operation of
//! the repositories is in the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::Report;
use crate::{
    child::root,
    failure::{Failure, Outcome},
};

const TABLE: &str = "docs/reference.md";

/// Handles with a lifetime that are no repositories.
const NO_REPOSITORY: &[&str] = &["Tx", "TxState", "Session", "Lease"];

pub(super) fn check() -> Outcome<Report> {
    let rows = rows(&table()?);
    let source = Source::of_the_house()?;
    if rows.is_empty() || source.operations.is_empty() {
        return Err(Failure::new(format!("{TABLE} or the repositories have nothing to compare")));
    }
    Ok(Report {
        summary: format!("{} rows, {} operations of repositories", rows.len(), source.operations.len()),
        complaints: judge(&rows, &source),
    })
}

/// The text of the table.
pub(super) fn table() -> Outcome<String> {
    let path = root().join(TABLE);
    fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))
}

/// A row of the table: the name in the reference, and the Rust paths that answer to it.
#[derive(Debug, PartialEq, Eq)]
struct TableRow {
    reference: String,
    paths: Vec<String>,
}

/// Rows whose second cell holds a path in back-ticks. One that holds a reason instead of a path is left out.
fn rows(text: &str) -> Vec<TableRow> {
    let parse = |line: &str| {
        let mut cells = line.trim().strip_prefix('|')?.split('|');
        let reference = quoted(cells.next()?).into_iter().next()?;
        let paths = quoted(cells.next()?);
        (!paths.is_empty()).then_some(TableRow { reference, paths })
    };
    text.lines().filter_map(parse).collect()
}

/// What stands in back-ticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the source has.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// `Type::function`, `Type` and `function`, and the crates that have one of that name.
    names: BTreeMap<String, BTreeSet<String>>,
    operations: BTreeSet<String>,
}

impl Source {
    /// Reads every crate.
    pub(super) fn of_the_house() -> Outcome<Self> {
        let mut source = Self::default();
        for folder in folders(&root().join("crates"))? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for file in rust_files(&folder)? {
                let text = fs::read_to_string(&file).map_err(|error| Failure::io("read", &file, &error))?;
                source.read(&text, &name);
            }
        }
        Ok(source)
    }

    /// The crates that have this name.
    pub(super) fn homes(&self, name: &str) -> impl Iterator<Item = &str> {
        self.names.get(name).into_iter().flatten().map(String::as_str)
    }

    fn read(&mut self, text: &str, home: &str) {
        let mut put = |name: String| {
            self.names.entry(name).or_default().insert(home.to_owned());
        };
        let mut current: Option<(String, bool)> = None;
        for line in text.lines() {
            if let Some(header) = line.strip_prefix("impl") {
                current = implemented(header);
            } else if line.starts_with('}') {
                current = None;
            }
            let Some((public_async, name)) = declared(line) else {
                continue;
            };
            match &current {
                Some((owner, handle)) => {
                    let path = format!("{owner}::{name}");
                    if home == "wh-repo"
                        && *handle
                        && public_async
                        && !NO_REPOSITORY.contains(&owner.as_str())
                    {
                        self.operations.insert(path.clone());
                    }
                    put(path);
                }
                None => put(name),
            }
        }
    }
}

/// The type of an `impl` line, and whether it has a lifetime. Of `impl Trait for Type`, the type.
fn implemented(header: &str) -> Option<(String, bool)> {
    let header = header.split_once(" for ").map_or(header, |(_, owner)| owner);
    let header = if header.starts_with('<') { header.split_once("> ")?.1 } else { header };
    let owner = header.trim_start();
    let name: String = owner.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let handle = owner.get(name.len()..).is_some_and(|rest| rest.starts_with("<'"));
    (!name.is_empty()).then_some((name, handle))
}

/// The name that a line declares as public, and whether it is an async function.
fn declared(line: &str) -> Option<(bool, String)> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let (kind, rest) = ["async fn ", "const fn ", "fn ", "struct ", "enum ", "trait ", "type ", "const "]
        .into_iter()
        .find_map(|kind| Some((kind, rest.strip_prefix(kind)?)))?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some((kind == "async fn ", name))
}

fn judge(rows: &[TableRow], source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let short = |path: &str| {
        let parts: Vec<&str> = path.trim_end_matches("()").rsplit("::").take(2).collect();
        parts.into_iter().rev().collect::<Vec<_>>().join("::")
    };
    let known = |path: &str| {
        let path = short(path);
        // `module::function` is known by its function.
        source.names.contains_key(&path)
            || path.split_once("::").is_some_and(|(owner, name)| {
                owner.starts_with(char::is_lowercase) && source.names.contains_key(name)
            })
    };
    for row in rows {
        for path in row.paths.iter().filter(|path| !known(path)) {
            complaints.push(format!(
                "{TABLE} maps `{}` to `{path}`, which the source does not have: correct the path, or write it",
                row.reference
            ));
        }
    }
    let mapped: BTreeSet<String> = rows.iter().flat_map(|row| &row.paths).map(|path| short(path)).collect();
    for operation in source.operations.difference(&mapped) {
        complaints.push(format!("{TABLE} has no row for `{operation}`: add one with what it answers to"));
    }
    complaints
}

fn folders(of: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(of).map_err(|error| Failure::io("read", of, &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn rust_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Failure::io("read", folder, &error))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") && path.iter().any(|part| part == "src") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "
impl Users<'_> {
    pub async fn find(self) {}
    async fn hidden(self) {}
}
impl Tx<'_> {
    pub async fn users(self) {}
}
impl std::fmt::Display for AppName {
    fn fmt(&self) {}
}
pub fn hash_api_key() {}
";

    fn source() -> Source {
        let mut source = Source::default();
        source.read(CODE, "wh-repo");
        source
    }

    #[test]
    fn operations_are_the_public_async_functions_of_repositories() {
        assert_eq!(source().operations.into_iter().collect::<Vec<_>>(), ["Users::find"]);
    }

    #[test]
    fn a_row_without_a_function_and_a_function_without_a_row_are_found() {
        let table =
            "| Name | Rust |\n|---|---|\n| `FindUserByID` | `Users::find` | 1 |\n| `Close` | dropping it |\n";
        assert_eq!(judge(&rows(table), &source()), Vec::<String>::new());
        let wrong = "| `FindUserByID` | `Users::find_by_id` |\n| `HashAPIKey` | `wh_crypto::hash_api_key` |";
        let complaints = judge(&rows(wrong), &source());
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(
            complaints[0].contains("Users::find_by_id") && complaints[1].contains("no row for `Users::find`")
        );
    }
}
