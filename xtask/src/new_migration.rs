//! `cargo xtask migrate new`

use std::{fs, process::ExitCode};

use crate::{
    child,
    failure::{Failure, Outcome},
};

pub(crate) fn run(slug: &str) -> Outcome {
    if !is_slug(slug) {
        return Err(Failure::new(format!(
            "`{slug}` is no name for a migration: small letters, digits and underscores, beginning with a letter, like \
             add_app_labels"
        )));
    }
    let folder = child::root().join("migrations");
    let entries = fs::read_dir(&folder).map_err(|error| Failure::io("read", &folder, &error))?;
    let numbers = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.split_once('_')?.0.parse::<u32>().ok()
    });
    let next = numbers.max().unwrap_or(0) + 1;
    for (end, text) in [
        (
            "up",
            "-- What this changes, and why. Old code meets the new schema: expand first, contract in a later one.\n",
        ),
        ("down", "-- Takes it back, and keeps every row that the older schema can hold.\n"),
    ] {
        let path = folder.join(format!("{next:04}_{slug}.{end}.sql"));
        fs::write(&path, text).map_err(|error| Failure::io("write", &path, &error))?;
        note!("wrote migrations/{next:04}_{slug}.{end}.sql");
    }
    note!("then: `cargo xtask gen-schema`, and commit both with the schema");
    Ok(ExitCode::SUCCESS)
}

fn is_slug(slug: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    slug.starts_with(|c: char| c.is_ascii_lowercase()) && slug.chars().all(allowed) && !slug.ends_with('_')
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_slug_is_what_a_file_name_can_hold() {
        assert!(is_slug("add_app_labels") && is_slug("v2"));
        for wrong in ["", "2nd", "Add", "a-b", "a b", "a_", "../a"] {
            assert!(!is_slug(wrong), "{wrong}");
        }
    }
}
