//! The table of names, both ways: every operation of the reference leads to something that exists and is found by its old name, and
//! every operation of the handles is in the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use wh_testkit::source::{Names, Operation, operations};

use super::Report;
use crate::{
    child::root,
    failure::{Failure, Outcome},
};

const TABLE: &str = "docs/reference.md";

pub(super) fn check() -> Outcome<Report> {
    let path = root().join(TABLE);
    let rows = rows(&fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?);
    let (operations, names) =
        (operations().map_err(Failure::new)?, Names::of_the_house().map_err(Failure::new)?);
    if rows.is_empty() {
        return Err(Failure::new(format!("{TABLE} has no row to compare")));
    }
    Ok(Report {
        summary: format!("{} rows, {} operations", rows.len(), operations.len()),
        complaints: judge(&rows, &operations, &|name| names.contains(name)),
    })
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
        let first = cells.next()?.trim();
        // "give a `pending` job to a worker" is no name.
        let reference = first.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(first);
        let paths = quoted(cells.next()?);
        (!paths.is_empty()).then(|| TableRow { reference: reference.to_owned(), paths })
    };
    text.lines().filter_map(parse).collect()
}

/// What stands in back-ticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn judge(rows: &[TableRow], operations: &[Operation], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    let by_path: BTreeMap<String, &Operation> =
        operations.iter().map(|operation| (operation.path(), operation)).collect();
    for row in rows {
        let name = &row.reference;
        for path in row.paths.iter().map(|path| short(path)) {
            if !known(&path, exists) {
                complaints.push(format!(
                    "{TABLE} maps `{name}` to `{path}`, which the source does not have: correct the path, or write it"
                ));
            }
            let Some(operation) = by_path.get(&path) else { continue };
            if !name.contains([' ', ':']) && !operation.aliases.contains(name) {
                complaints.push(format!(
                    "{} lacks `#[doc(alias = \"{name}\")]` on `{path}`, so that rustdoc finds it by its old name: add it",
                    operation.file.display()
                ));
            }
        }
    }
    let mapped: BTreeSet<String> = rows.iter().flat_map(|row| &row.paths).map(|path| short(path)).collect();
    for operation in by_path.keys().filter(|path| !mapped.contains(*path)) {
        complaints.push(format!("{TABLE} has no row for `{operation}`: add one with what it answers to"));
    }
    complaints
}

/// The last two parts of a path.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.trim_end_matches("()").rsplit("::").take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("::")
}

/// Whether a path exists; `module::function` is known by its function.
fn known(path: &str, exists: &dyn Fn(&str) -> bool) -> bool {
    exists(path)
        || path
            .split_once("::")
            .is_some_and(|(owner, name)| owner.starts_with(char::is_lowercase) && exists(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find() -> Vec<Operation> {
        vec![Operation {
            handle: "Users".to_owned(),
            name: "find".to_owned(),
            parameters: Vec::new(),
            aliases: vec!["FindUserByID".to_owned()],
            file: "users.rs".into(),
            repository: true,
        }]
    }

    fn complaints(table: &str) -> Vec<String> {
        judge(&rows(table), &find(), &|name| ["Users::find", "hash_api_key"].contains(&name))
    }

    #[test]
    fn a_row_without_a_function_and_a_function_without_a_row_are_found() {
        let table =
            "| Name | Rust |\n|---|---|\n| `FindUserByID` | `Users::find` | 1 |\n| `Close` | dropping it |\n";
        assert_eq!(complaints(table), Vec::<String>::new());
        let wrong = "| `FindUserByID` | `Users::find_by_id` |\n| `HashAPIKey` | `wh_crypto::hash_api_key` |";
        let complaints = complaints(wrong);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(
            complaints[0].contains("Users::find_by_id") && complaints[1].contains("no row for `Users::find`")
        );
    }

    #[test]
    fn an_old_name_without_an_alias_is_found() {
        assert!(complaints("| `GetUser` | `Users::find` |")[0].contains("alias = \"GetUser\""));
        assert_eq!(complaints("| read a `user` | `Users::find` |"), Vec::<String>::new());
    }
}
