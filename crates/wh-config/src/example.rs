//! The example file, generated from the sections.

use std::fmt::Write;

use crate::catalogue::{PLAN_FIELDS, SECTIONS};
use crate::spec::{FieldSpec, Presence};

const HEAD: &str = "\
# Example configuration with every setting. Required ones have an example, others their default; those without a default
# stand behind a `#`. A secret that begins with change-me is refused: replace each. Every setting can also be set as
# WH_SECTION__KEY in the environment, and secrets as systemd credentials. Both go over this file.
";

/// The text of `config.example.yaml`: every setting with its documentation.
#[must_use]
pub fn example_yaml() -> String {
    let mut out = HEAD.to_owned();
    let mut parent = "";
    for section in SECTIONS {
        let (holder, name) = section.path.split_once('.').unwrap_or(("", section.path));
        if !holder.is_empty() && holder != parent {
            let _ = writeln!(out, "\n{holder}:");
        }
        parent = holder;
        let indent = if holder.is_empty() { "" } else { "  " };
        if holder.is_empty() {
            out.push('\n');
        }
        comment(&mut out, indent, section.doc);
        let _ = writeln!(out, "{indent}{name}:");
        fields(&mut out, &format!("{indent}  "), section.fields);
    }
    out += "\n# Changes to the plans free, pro and business, and plans of your own, which then state every limit.\nplans:\n  pro:\n";
    fields(&mut out, "    ", PLAN_FIELDS);
    out
}

fn fields(out: &mut String, indent: &str, fields: &[FieldSpec]) {
    for field in fields {
        comment(out, indent, field.doc);
        if let Some(credential) = field.credential {
            comment(out, indent, &[&format!(" Also taken from the credential {credential}.")]);
        }
        let (mark, text) = match field.presence {
            Presence::Default(text) | Presence::Required(text) => ("", text),
            Presence::Optional(text) => ("# ", text),
        };
        let _ = writeln!(out, "{indent}{mark}{}: {text}", field.name);
    }
}

fn comment(out: &mut String, indent: &str, lines: &[&str]) {
    for line in lines {
        // A line of a doc comment begins with a blank, the text of an attribute does not.
        let _ = writeln!(out, "{indent}# {}", line.strip_prefix(' ').unwrap_or(line));
    }
}
