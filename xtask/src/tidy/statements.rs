//! Statements of `wh-repo`: columns are named, and a file says which operation it is.

use std::{fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};
use wh_testkit::source::{root, rust_files, sql_files};

use super::Report;
use crate::failure::{Failure, Outcome};

pub(super) fn check() -> Outcome<Report> {
    let source = root().join("crates/wh-repo/src");
    let mut report = Report::default();
    let files = sql_files(&source).map_err(Failure::new)?;
    for path in &files {
        let text = read(path)?;
        let place = shown(path);
        report.complaints.extend(title(&place, &text));
        report.complaints.extend(star(&place, &without_comments(&text)));
    }
    for path in rust_files(&source).map_err(Failure::new)? {
        let place = shown(&path);
        let tokens: TokenStream = read(&path)?
            .parse()
            .map_err(|error| Failure::new(format!("could not read {place} as Rust: {error}")))?;
        for text in texts(tokens) {
            report.complaints.extend(star(&place, &text));
        }
    }
    report.summary = format!("{} files of SQL say their operation, and name their columns", files.len());
    Ok(report)
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Files of the repositories begin with their folder: `-- jobs.claim`, or `-- jobs.claim: the lock`, so that they are recognised in
/// `pg_stat_activity`. Files of other rooms begin with a name of theirs: `-- secrets.keys`.
fn title(place: &str, text: &str) -> Option<String> {
    let path = Path::new(place);
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let first = text.lines().next().unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let title = first.strip_prefix("-- ").map(|title| title.split(": ").next().unwrap_or(title));
    let named = title.and_then(|title| title.split_once('.')).is_some_and(|(room, operation)| {
        is_name(room) && is_name(operation) && (room == folder || !place.contains("/repositories/"))
    });
    let room = if place.contains("/repositories/") { folder.as_ref() } else { "ROOM" };
    (!named).then(|| format!("{place} begins with `{first}`: begin it with `-- {room}.OPERATION`"))
}

fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// A statement that asks for all columns breaks every process that has prepared it once a column is added.
fn star(place: &str, text: &str) -> Option<String> {
    let is_sql = ["SELECT", "RETURNING"].iter().any(|word| text.contains(word));
    let parts = text.split('*').collect::<Vec<_>>();
    let all_but_last = parts.get(..parts.len().saturating_sub(1)).unwrap_or_default();
    let found = all_but_last.iter().find(|before| {
        let before = before.trim_end();
        let word = before.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let column = before
            .strip_suffix('.')
            .is_some_and(|table| table.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        column || ["SELECT", "RETURNING", "DISTINCT", "ALL"].contains(&word)
    });
    let excerpt = |before: &str| {
        let skipped = before.chars().count().saturating_sub(30);
        before.chars().skip(skipped).collect::<String>()
    };
    found
        .filter(|_| is_sql)
        .map(|before| format!("{place} has `{}*`: name the columns", excerpt(before).trim_start()))
}

/// Every string literal, without those of attributes.
fn texts(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut attribute = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if !attribute => found.extend(texts(group.stream())),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' || attribute && punct.as_char() == '!' => {
                attribute = true;
                continue;
            }
            _ => {}
        }
        attribute = false;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_found_and_a_count_or_a_product_is_none() {
        for bad in
            ["SELECT * FROM x", "UPDATE x SET a = 1 RETURNING *", "SELECT\n  *", "SELECT moved.* FROM moved"]
        {
            assert!(star("a.sql", bad).is_some(), "{bad}");
        }
        for good in [
            "SELECT count(*) FROM x",
            "SELECT a * 2 FROM x",
            "*.example.org",
            "SELECT (a) * b",
            "SELECT a ~ ':.*'",
        ] {
            assert_eq!(star("a.sql", good), None, "{good}");
        }
    }

    #[test]
    fn only_strings_of_code_are_read() {
        let code =
            "/// SELECT *\n#[doc = \"RETURNING *\"] const A: &str = \"SELECT *\"; fn f() { g(r\"x.*\") }";
        assert_eq!(texts(code.parse().unwrap()), ["SELECT *", "x.*"]);
    }

    #[test]
    fn a_file_begins_with_its_operation() {
        let claim = "src/repositories/jobs/claim.sql";
        for good in ["-- jobs.claim\nSELECT 1", "-- jobs.claim: the lock"] {
            assert_eq!(title(claim, good), None, "{good}");
        }
        assert_eq!(title("src/upkeep/days/drop.sql", "-- maintenance.old_days"), None);
        for bad in ["SELECT 1", "-- claim", "-- apps.claim", "-- jobs.", "-- jobs: the lock"] {
            assert!(title(claim, bad).is_some(), "{bad}");
        }
    }
}
