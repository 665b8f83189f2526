//! That no operation is forgotten: the sources say which there are, the files beside this one which are tried.

use std::fs;
use std::path::Path;

use wh_testkit::source::{Operation, operations, rust_files};

/// Operations that a file need not try, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("owners", "jobs().assign(", "a pending job is nobody's before"),
    ("owners", "jobs().reassign(", "takes it from the worker that it is for"),
    ("owners", "pending_totps().create(", "makes something for the user that it names"),
    ("owners", "git_tokens().upsert(", "makes something for the user that it names"),
    ("strings", "usage_samples().upsert(", "has no text"),
    ("strings", "alert_rules().upsert(", "has no text"),
];

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The operations of the repositories that send a statement. `Jobs::listen` waits, and sends none.
fn of_repositories() -> Vec<Operation> {
    let all = operations().unwrap().into_iter();
    all.filter(|operation| operation.repository && operation.path() != "Jobs::listen").collect()
}

/// All that is written in a file beside this one, or in a folder of them, without blanks.
fn tried(name: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repo/hostile");
    let file = here.join(format!("{name}.rs"));
    let paths = if file.exists() { vec![file] } else { rust_files(&here.join(name)).unwrap() };
    paths.iter().map(|path| without_blanks(&fs::read_to_string(path).unwrap())).collect()
}

fn missing(file: &str, concerns: impl Fn(&Operation) -> bool) -> Vec<String> {
    let text = tried(file);
    of_repositories()
        .into_iter()
        .filter(concerns)
        .map(|operation| operation.call())
        .filter(|call| !text.contains(call))
        .filter(|call| {
            !EXCEPTIONS.iter().any(|(excepted, operation, _)| (*excepted, *operation) == (file, call))
        })
        .map(|call| format!("{call}…) is not tried in crates/wh-repo/tests/repo/hostile/{file}: add it"))
        .collect()
}

#[test]
fn every_operation_that_takes_a_text_is_given_hostile_ones() {
    let texts = [
        "&str",
        "SecretString",
        "&New",
        "&GoogleProfile",
        "&WorkerRegistration",
        "&DeploymentSpec",
        "&CommitMetadata",
        "&AppChanges",
        "&WebhookChanges",
        "&JobResult",
        "&JobStatusUpdate",
        "&PlanId",
        "&[NewLogLine]",
    ];
    let text = |operation: &Operation| {
        let mut types = operation.parameters.iter().map(|(_, kind)| kind);
        types.any(|kind| texts.iter().any(|text| kind.contains(text)))
    };
    assert_eq!(missing("strings", text), Vec::<String>::new());
}

#[test]
fn every_operation_that_takes_a_limit_is_given_limits_of_all_kinds() {
    let limit = |operation: &Operation| {
        operation.parameters.iter().any(|(name, kind)| name == "limit" || kind.contains("Page<"))
    };
    assert_eq!(missing("limits", limit), Vec::<String>::new());
}

#[test]
fn every_operation_of_an_owner_is_asked_by_a_stranger() {
    let owned = |operation: &Operation| {
        let given = &operation.parameters;
        let has = |name: &str, kind: &str| {
            given.iter().any(|given| (given.0.as_str(), given.1.as_str()) == (name, kind))
        };
        has("user", "UserId")
            || has("worker", "WorkerId") && given.iter().any(|(name, _)| name.ends_with("id"))
    };
    assert_eq!(missing("owners", owned), Vec::<String>::new());
}

#[test]
fn every_operation_is_tried_somewhere() {
    let everywhere: String =
        ["strings", "limits", "owners", "ids", "numbers", "races", "time"].map(tried).concat();
    let all = of_repositories();
    let forgotten: Vec<_> =
        all.into_iter().map(|operation| operation.call()).filter(|call| !everywhere.contains(call)).collect();
    assert_eq!(forgotten, Vec::<String>::new(), "tried in no file of tests/repo/hostile");
}
