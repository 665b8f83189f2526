//! Environment variables: `WH_DATABASE__PASSWORD` is `database.password`.

use crate::catalogue::{Entry, all_paths, look_up, names_under, nearest, unknown};
use crate::error::{Fault, Origin, Problem, shown, variable};
use crate::layers::{Found, Leaf, Raw};

pub(crate) const PREFIX: &str = "WH_";

/// Variables of the tools that develop this data layer. They are not settings, and a service that runs beside
/// them must start.
const OF_TOOLS: [&str; 3] = ["WH_STACK", "WH_TESTKIT_", "WH_SCHEMA_TEST_"];

/// Reads the variables with the prefix. One that is no setting is a fault: it would be passed over in
/// silence.
pub(crate) fn read(variables: &[(String, String)]) -> Found {
    let mut found = Found::default();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if OF_TOOLS.iter().any(|tool| name.starts_with(tool)) {
            continue;
        }
        let origin = Origin::Variable(name.clone());
        let path = rest.to_lowercase().replace("__", ".");
        match look_up(&path) {
            Entry::Field(spec) => {
                if let Some((plan, _)) = path.strip_prefix("plans.").and_then(|rest| rest.split_once('.')) {
                    found.plans.push((plan.to_owned(), origin.clone()));
                }
                if let Some(raw) = raw(value, spec.list) {
                    found.leaves.push(Leaf { path, raw, origin });
                } else {
                    let problem =
                        "is not a list: write one like `first,second`, or `[\"first\", \"second\"]`";
                    found.faults.push(Fault::new(origin, path, Problem::Invalid(problem.to_owned())));
                }
            }
            Entry::Section => {
                let expected = names_under(&path);
                found.faults.push(Fault::new(origin, path, Problem::Unknown { nearest: None, expected }));
            }
            Entry::Unknown => {
                let meant = misspelt(name).or_else(|| nearest(&path));
                let problem = match &meant {
                    Some(meant) => Problem::Unknown { nearest: Some(variable(meant)), expected: Vec::new() },
                    None => unknown(&path, variable),
                };
                found.doubts.extend(meant);
                let key = if rest.contains("__") { shown(&path) } else { String::new() };
                found.faults.push(Fault::new(origin, key, problem));
            }
        }
    }
    found
}

/// The path of the setting whose variable is nearly this one: one underscore for two, a letter too many.
pub(crate) fn misspelt(name: &str) -> Option<String> {
    let plain = |name: &str| name.replace("__", "_").to_uppercase();
    let given = plain(name);
    let near =
        all_paths().map(|(path, _)| (strsim::damerau_levenshtein(&plain(&variable(&path)), &given), path));
    near.filter(|(distance, _)| *distance <= 2).min_by_key(|(distance, _)| *distance).map(|(_, path)| path)
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
