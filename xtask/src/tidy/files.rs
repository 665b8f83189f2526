//! Committed files: how long they are, and that they speak of no particular machine.

use std::{fs, process::Command};

use super::Report;
use crate::{
    child::{self, root},
    failure::{Failure, Outcome},
};

const LONGEST: usize = 400;

/// Generated, and as long as the schema is.
const EXEMPT: &[&str] = &["crates/wh-schema/src/schema.rs"];

/// Texts that belong to one machine or network. Put together here so that this file does not hold them.
fn local_marks() -> Vec<String> {
    let folder = |name: &str| format!("/{name}/");
    let index = |name: &str| format!("{name}.{}", "io/api");
    vec![
        format!("{}main", folder("work")),
        format!("{}shared", folder("work")),
        folder("root").replace("root/", "root/.c"),
        ["tmp", "brief"].join("/"),
        index("crates"),
        format!("index.{}", ["crates", "io"].join(".")),
        format!("files.{}", ["pythonhosted", "org"].join(".")),
        ["pypi", "org"].join("."),
    ]
}

pub(super) fn check() -> Outcome<Report> {
    let listed = child::output(Command::new("git").current_dir(root()).args(["ls-files", "-z", "--cached"]))?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let files: Vec<&str> = text.split('\0').filter(|file| !file.is_empty()).collect();
    if files.is_empty() {
        return Err(Failure::new("git lists no file, so nothing could be judged"));
    }
    let marks = local_marks();
    let (mut lengths, mut complaints) = (Vec::new(), Vec::new());
    for file in files {
        // A file that was deleted and not yet committed, or that is no text, is none of our business.
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            continue;
        };
        let source = file.rsplit_once('.').is_some_and(|(_, end)| end == "rs");
        if source && !EXEMPT.contains(&file) {
            let lines = text.lines().count();
            lengths.push(lines);
            if lines > LONGEST {
                complaints.push(format!(
                    "{file} has {lines} lines, at most {LONGEST} are allowed: split it by subject"
                ));
            }
        }
        if file != "Cargo.lock" {
            complaints.extend(marked(file, &text, &marks));
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let longest = lengths.last().copied().unwrap_or_default();
    let summary = format!("{} source files, median {median} lines, longest {longest}", lengths.len());
    Ok(Report { summary, complaints })
}

fn marked(file: &str, text: &str, marks: &[String]) -> Vec<String> {
    let numbered = text.lines().enumerate();
    let hits = numbered.filter_map(|(index, line)| {
        let mark = marks.iter().find(|mark| line.contains(mark.as_str()))?;
        Some(format!(
            "{file}:{} holds `{mark}`, which belongs to one machine or network: say it without",
            index + 1
        ))
    });
    hits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_path_of_one_machine_is_found() {
        let text = format!("fine\nsee /{}/main/x\n", "work");
        let found = marked("a.md", &text, &local_marks());
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a.md:2 "));
    }
}
