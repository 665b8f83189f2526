//! systemd credentials: the file `database_password` in `$CREDENTIALS_DIRECTORY` is `database.password`.

use std::path::Path;

use crate::catalogue::{all_paths, nearest_credential};
use crate::error::{Fault, Origin, Problem};
use crate::layers::{Found, Leaf, Raw};
use crate::spec::FieldSpec;

/// Reads credentials by name. Names that are nearly one of ours are faults, others belong to other services.
pub(crate) fn read(given: Vec<(String, String)>) -> Found {
    let mut found = Found::default();
    for (name, value) in given {
        let origin = Origin::Credential(name.clone());
        let Some((path, spec)) = setting(&name) else {
            found.faults.extend(misspelt(&name, origin));
            continue;
        };
        let value = without_line_end(&value);
        if value.is_empty() {
            let problem = Problem::Invalid("is empty: write the secret into it, or remove it".to_owned());
            found.faults.push(Fault::new(origin, path, problem));
        } else {
            let raw = if spec.list {
                Raw::List(
                    value
                        .split('\n')
                        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
                        .collect(),
                )
            } else {
                Raw::Text(value.to_owned())
            };
            found.leaves.push(Leaf { path, raw, origin });
        }
    }
    found
}

/// The files of a directory that are credentials of ours, and what could not be read.
pub(crate) fn of_directory(directory: &Path) -> (Vec<(String, String)>, Found) {
    let (mut credentials, mut found) = (Vec::new(), Found::default());
    let unreadable = |name: &str, problem: &str| {
        Fault::new(Origin::Credential(name.to_owned()), "", Problem::Unreadable(problem.to_owned()))
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            let problem = format!("the directory of the credentials could not be read: {error}");
            found.faults.push(Fault::new(Origin::Default, "", Problem::Unreadable(problem)));
            found.doubts.push(String::new());
            return (credentials, found);
        }
    };
    for name in entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        let Some((path, _)) = setting(&name) else {
            found.faults.extend(misspelt(&name, Origin::Credential(name.clone())));
            continue;
        };
        match std::fs::read(directory.join(&name)).map(String::from_utf8) {
            Ok(Ok(value)) => credentials.push((name, value)),
            Ok(Err(_)) => {
                found.faults.push(unreadable(&name, "is not UTF-8 text"));
                found.doubts.push(path);
            }
            Err(error) => {
                found.faults.push(unreadable(&name, &format!("could not be read: {error}")));
                found.doubts.push(path);
            }
        }
    }
    (credentials, found)
}

fn setting(name: &str) -> Option<(String, &'static FieldSpec)> {
    all_paths().find(|(_, field)| field.credential == Some(name))
}

fn misspelt(name: &str, origin: Origin) -> Option<Fault> {
    let nearest = nearest_credential(name)?;
    let problem =
        Problem::Unreadable(format!("is not a credential of this platform: did you mean {nearest}?"));
    Some(Fault::new(origin, "", problem))
}

/// Editors and `echo` end a file with one line end, which belongs to no secret.
fn without_line_end(value: &str) -> &str {
    let value = value.strip_suffix('\n').unwrap_or(value);
    value.strip_suffix('\r').unwrap_or(value)
}
