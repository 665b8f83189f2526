//! Environment variables: `WH_DATABASE__PASSWORD` is `database.password`.

use crate::catalogue::{Entry, all_paths, look_up, names_under, unknown, variable};
use crate::error::{Fault, Origin, Problem};
use crate::layers::Leaf;
use crate::setting::Raw;

const PREFIX: &str = "WH_";

/// Reads the variables that are settings; others with the prefix, but without `__`, belong to somebody else.
pub(crate) fn read(variables: &[(String, String)]) -> (Vec<Leaf>, Vec<Fault>) {
    let (mut leaves, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let origin = Origin::Variable(name.clone());
        if !rest.contains("__") {
            faults.extend(single_underscore(name, origin));
            continue;
        }
        let path = rest.to_lowercase().replace("__", ".");
        match look_up(&path) {
            Entry::Field(spec) => {
                if let Some(raw) = raw(value, spec.shape.is_list()) {
                    leaves.push(Leaf { path, raw, origin });
                } else {
                    let problem =
                        "is not a list: write one like `first,second`, or `[\"first\", \"second\"]`";
                    faults.push(Fault::new(origin, path, Problem::Invalid(problem.to_owned())));
                }
            }
            Entry::Section => {
                let expected = names_under(&path);
                faults.push(Fault::new(origin, path, Problem::Unknown { nearest: None, expected }));
            }
            Entry::Unknown => {
                let problem = unknown(&path, variable);
                faults.push(Fault::new(origin, crate::error::shown(&path), problem));
            }
        }
    }
    (leaves, faults)
}

/// `WH_DATABASE_PASSWORD` would be passed over in silence, so it is a fault where it is nearly a setting.
fn single_underscore(name: &str, origin: Origin) -> Option<Fault> {
    let meant =
        all_paths().map(|(path, _)| variable(&path)).find(|known| known.replace("__", "_") == name)?;
    let problem = Problem::Unknown { nearest: Some(meant), expected: Vec::new() };
    Some(Fault::new(origin, "", problem))
}

/// A list is written with commas, or, where a value holds a comma, as YAML in brackets.
fn raw(value: &str, is_list: bool) -> Option<Raw> {
    if !is_list || value.is_empty() {
        return Some(Raw::Text(value.to_owned()));
    }
    if value.trim_start().starts_with('[') {
        return crate::yaml::read_list(value).map(Raw::List);
    }
    Some(Raw::List(value.split(',').map(|item| item.trim().to_owned()).collect()))
}
