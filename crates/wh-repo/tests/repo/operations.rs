//! Which operations there are, for tests that must have a case for each.

use std::collections::BTreeSet;

/// The table of names. `cargo xtask tidy` holds that it has a row for every operation of every repository.
const TABLE: &str = include_str!("../../../../docs/reference.md");
/// The list of repositories.
const REPOSITORIES: &str = include_str!("../../src/repositories/mod.rs");

/// Every `Repository::operation` of the table.
pub(crate) fn all() -> BTreeSet<&'static str> {
    let repositories: BTreeSet<&str> =
        REPOSITORIES.split("-> $crate::").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let second_cells = TABLE.lines().filter_map(|line| line.strip_prefix('|')?.split('|').nth(1));
    let paths = second_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    paths
        .filter(|path| path.split_once("::").is_some_and(|(owner, _)| repositories.contains(owner)))
        .collect()
}

/// What is wrong with a list of cases that must name every operation, each as itself or among the `exempt`.
pub(crate) fn complaints(cases: &BTreeSet<&'static str>, exempt: &[&'static str]) -> Vec<String> {
    let (all, exempt) = (all(), exempt.iter().copied().collect::<BTreeSet<_>>());
    let missing = all.iter().filter(|name| !cases.contains(*name) && !exempt.contains(*name));
    let unknown = cases.union(&exempt).filter(|name| !all.contains(*name));
    let twice = cases.intersection(&exempt);
    missing
        .map(|name| format!("{name} has no case: add one"))
        .chain(unknown.map(|name| format!("{name} is no operation")))
        .chain(twice.map(|name| format!("{name} has a case, although it is said to need none")))
        .collect()
}

#[test]
fn an_operation_without_a_case_is_found_and_a_case_without_an_operation() {
    let all = all();
    assert!(all.len() >= 105, "{} operations", all.len());
    for known in ["Users::find", "Jobs::claim_next", "RuntimeLogs::newest", "Users::set_plan"] {
        assert!(all.contains(known), "{known}");
    }
    assert!(!all.contains("KeyRing::new"));
    assert_eq!(complaints(&all, &[]), Vec::<String>::new());
    let mut cases = all.clone();
    cases.remove("Users::find");
    assert_eq!(complaints(&cases, &[]), ["Users::find has no case: add one"]);
    assert_eq!(complaints(&cases, &["Users::find"]), Vec::<String>::new());
    cases.insert("Users::dance");
    assert_eq!(complaints(&cases, &["Users::find", "Jobs::find"]).len(), 2);
}
