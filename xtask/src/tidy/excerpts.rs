//! Code in `docs` exists: each line of a block of Rust, or of SQL that names its operation, is a line of the source. A page
//! whose code a crate compiles needs no such proof.

use std::{collections::HashSet, fs, path::Path};

use wh_testkit::source::{root, rust_files, sql_files};

use super::Report;
use crate::failure::{Failure, Outcome};

pub(super) fn check() -> Outcome<Report> {
    let mut known = HashSet::new();
    for folder in ["crates", "migrations"].map(|name| root().join(name)) {
        let files = [rust_files(&folder), sql_files(&folder)];
        for path in files.into_iter().collect::<Result<Vec<_>, _>>().map_err(Failure::new)?.concat() {
            known.extend(read(&path)?.lines().map(normal));
        }
    }
    let mut report = Report::default();
    let mut blocks = 0;
    let folder = root().join("docs");
    let entries = fs::read_dir(&folder).map_err(|error| Failure::io("read", &folder, &error))?;
    for path in
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("md".as_ref()))
    {
        let place = path.strip_prefix(root()).unwrap_or(&path).display();
        if known.contains(&format!("#[doc = include_str!(\"../../../{place}\")]")) {
            continue;
        }
        let (count, missing) = judge(&read(&path)?, &known);
        blocks += count;
        report.complaints.extend(missing.into_iter().map(|(number, line)| {
            format!("{place}:{number} shows `{line}`, which no source has: show what there is")
        }));
    }
    report.summary = format!("{blocks} blocks of Rust and SQL in docs show what there is");
    Ok(report)
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))
}

fn normal(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many blocks there are, and the lines that are not known.
fn judge(page: &str, known: &HashSet<String>) -> (usize, Vec<(usize, String)>) {
    let (mut blocks, mut inside, mut missing) = (0, false, Vec::new());
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            // SQL without the name of an operation is for the reader's psql.
            let titled = page.lines().nth(index + 1).is_some_and(|next| next.starts_with("-- "));
            inside = !inside && (line == "```rust" || line == "```sql" && titled);
            blocks += usize::from(inside);
            continue;
        }
        let line = normal(line);
        if inside && !line.is_empty() && !known.contains(&line) {
            missing.push((index + 1, line));
        }
    }
    (blocks, missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_no_source_has_is_found_in_blocks_of_code_only() {
        let known = HashSet::from(["let a = 1;".to_owned()]);
        let page = "text\n```rust\n  let a = 1;\n\nlet b = 2;\n```\nmore text\n```sh\nls\n```\n```sql\nSELECT 1;\n```\n";
        assert_eq!(judge(page, &known), (1, vec![(5, "let b = 2;".to_owned())]));
    }
}
