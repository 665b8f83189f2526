//! The table of the house against `cargo tree`.

use std::{collections::BTreeSet, fs};

use super::{
    Report,
    table::{COMMON, HOUSE, IMPURE, Place, row},
};
use crate::{
    child,
    failure::{Failure, Outcome},
};

pub(super) fn check() -> Outcome<Report> {
    let mut report = Report::default();
    let folder = child::root().join("crates");
    let entries = fs::read_dir(&folder).map_err(|error| Failure::io("read", &folder, &error))?;
    let names: BTreeSet<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    for name in names.iter().filter(|name| row(name).is_none()) {
        report.complaints.push(format!(
            "{name} is in no row of the house: add it to xtask/src/tidy/table.rs and to docs/architecture.md"
        ));
    }
    let present: Vec<&Place> = HOUSE.iter().filter(|place| names.contains(place.name)).collect();
    for place in &present {
        report.complaints.extend(judge(place, &tree(place.name, true)?, &tree(place.name, false)?));
    }
    report.summary = format!("{} crates use what their row allows", present.len());
    Ok(report)
}

/// A crate in a tree, and how far below the root it is.
type Line = (usize, String);

/// What `cargo tree` shows: with all features, or with the default ones.
fn tree(name: &str, all_features: bool) -> Outcome<Vec<Line>> {
    let mut command = child::cargo();
    command.args(["tree", "--edges", "normal", "--prefix", "depth", "--format", " {p}", "--package", name]);
    // Proc macros run in the compiler, so what they use is nobody's dependency.
    command.args(["--locked", "--no-dedupe", "--edges", "no-proc-macro"]);
    if all_features {
        command.args(["--all-features", "--depth", "1"]);
    }
    let output = child::output(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.to_owned()))
    });
    Ok(lines.collect())
}

fn judge(place: &Place, direct: &[Line], whole: &[Line]) -> Vec<String> {
    let mut complaints = Vec::new();
    let name = place.name;
    for (_, used) in direct.iter().filter(|(depth, _)| *depth == 1) {
        if let Some(other) = row(used) {
            if other >= place.row {
                complaints.push(format!(
                    "{name} uses {used}, which is not in a lower row: move what it needs down"
                ));
            } else if !place.house.contains(&used.as_str()) {
                complaints.push(format!("{name} uses {used}, which its row of the table does not name"));
            }
        } else if !COMMON.contains(&used.as_str()) && !place.others.contains(&used.as_str()) {
            complaints.push(format!(
                "{name} uses {used}, which is not in its row: do without, or argue for it in xtask/src/tidy/table.rs"
            ));
        }
    }
    let below: BTreeSet<&str> = whole.iter().map(|(_, used)| used.as_str()).collect();
    for impure in IMPURE.iter().filter(|impure| place.pure && below.contains(**impure)) {
        complaints.push(format!(
            "{name} pulls {impure}, but must be usable without any IO: see `cargo tree -e normal -p {name} -i {impure}`"
        ));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, used: &[&str]) -> Vec<String> {
        let place = HOUSE.iter().find(|place| place.name == name).unwrap();
        let lines: Vec<Line> = used.iter().map(|used| (1, (*used).to_owned())).collect();
        judge(place, &lines, &lines)
    }

    #[test]
    fn a_crate_of_the_same_row_or_above_is_refused() {
        assert_eq!(complaints("wh-plans", &["wh-types", "serde"]), Vec::<String>::new());
        assert!(complaints("wh-plans", &["wh-crypto"])[0].contains("not in a lower row"));
        assert!(complaints("wh-schema", &["wh-testkit"])[0].contains("not in a lower row"));
        assert!(complaints("wh-data", &["wh-stack"])[0].contains("not in a lower row"));
        assert!(complaints("wh-mail", &["wh-plans"])[0].contains("does not name"));
    }

    #[test]
    fn a_driver_below_the_words_is_refused_even_where_its_use_is_allowed_by_a_feature() {
        assert!(complaints("wh-types", &["diesel"]).iter().any(|text| text.contains("pulls diesel")));
        assert!(complaints("wh-config", &["regex"])[0].contains("not in its row"));
    }
}
