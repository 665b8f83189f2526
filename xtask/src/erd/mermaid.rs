//! The diagrams as Mermaid: one for each domain.

use std::fmt::Write;

use super::catalogue::{Column, Table};
use super::domains::Domain;

/// A heading and a diagram for each domain.
pub(super) fn blocks(domains: &[Domain]) -> String {
    let mut text = String::new();
    for domain in domains {
        let _ = write!(text, "\n### {}\n\n```mermaid\nerDiagram\n", domain.title);
        for table in &domain.tables {
            relations(&mut text, table);
        }
        for table in &domain.tables {
            let _ = writeln!(text, "    {} {{", table.name);
            for column in &table.columns {
                let _ = writeln!(text, "        {}", line(column));
            }
            text.push_str("    }\n");
        }
        text.push_str("```\n");
    }
    text.push('\n');
    text
}

fn relations(text: &mut String, table: &Table) {
    for column in &table.columns {
        if let Some(target) = &column.target {
            let one = if column.nullable { "|o" } else { "||" };
            let alone = table.columns.iter().filter(|column| column.in_primary_key).count() == 1;
            let many = if column.unique || (column.in_primary_key && alone) { "o|" } else { "o{" };
            let _ = writeln!(text, "    {target} {one}--{many} {} : {}", table.name, column.name);
        }
    }
}

fn line(column: &Column) -> String {
    let mut keys = Vec::new();
    for (holds, key) in
        [(column.in_primary_key, "PK"), (column.target.is_some(), "FK"), (column.unique, "UK")]
    {
        if holds {
            keys.push(key);
        }
    }
    let mut notes = Vec::from_iter(column.class);
    if column.nullable {
        notes.push("or null");
    }
    let keys = if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) };
    let notes = if notes.is_empty() { String::new() } else { format!(" \"{}\"", notes.join(", ")) };
    // Mermaid takes one word.
    let kind = column.kind.replace(" with time zone", "tz").replace("[]", "_array").replace(' ', "_");
    format!("{kind} {}{keys}{notes}", column.name)
}
