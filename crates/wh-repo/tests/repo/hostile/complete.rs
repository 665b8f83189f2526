//! That no operation is forgotten: the sources say which there are, the files beside this one which are tried.

use std::fs;
use std::path::{Path, PathBuf};

/// An operation as its source declares it.
struct Operation {
    /// As it is called: `users().find(`.
    call: String,
    /// From its name to the beginning of its body, without blanks.
    signature: String,
}

/// Operations that a file need not try, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("owners", "jobs().assign(", "a pending job is nobody's before"),
    ("owners", "jobs().reassign(", "takes it from the worker that it is for"),
    ("owners", "pending_totps().create(", "makes something for the user that it names"),
    ("owners", "git_tokens().upsert(", "makes something for the user that it names"),
    ("strings", "usage_samples().upsert(", "has no text"),
    ("strings", "alert_rules().upsert(", "has no text"),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What the repositories declare, by the type of the handle: `impl Users<'_>` is called as `users()`.
fn operations() -> Vec<Operation> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let handles = fs::read_to_string(source.join("repositories.rs")).unwrap();
    let mut found = Vec::new();
    for file in files(&source) {
        let text = fs::read_to_string(file).unwrap();
        for block in text.split("\nimpl ").skip(1) {
            let Some((owner, _)) = block.split_once("<'_> {") else { continue };
            // `pub fn users(&self) -> $crate::Users<'_>`
            let Some(accessor) = handles.lines().find_map(|line| {
                let (name, made) = line.trim().strip_prefix("pub fn ")?.split_once("(&self) -> $crate::")?;
                (made.split('<').next()? == owner).then_some(name)
            }) else {
                continue;
            };
            let body = block.split("\n}\n").next().unwrap();
            for declared in body.split("pub async fn ").skip(1) {
                let (name, rest) = declared.split_once('(').unwrap();
                let signature = without_blanks(rest.split_once('{').unwrap().0);
                found.push(Operation { call: format!("{accessor}().{name}("), signature });
            }
        }
    }
    found
}

/// All that is written in a file beside this one, or in a folder of them, without blanks.
fn tried(name: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repo/hostile");
    let file = here.join(format!("{name}.rs"));
    let paths = if file.exists() { vec![file] } else { files(&here.join(name)) };
    paths.iter().map(|path| without_blanks(&fs::read_to_string(path).unwrap())).collect()
}

fn missing(file: &str, concerns: impl Fn(&Operation) -> bool) -> Vec<String> {
    let text = tried(file);
    operations()
        .into_iter()
        .filter(concerns)
        .map(|operation| operation.call)
        .filter(|call| !text.contains(call))
        .filter(|call| {
            !EXCEPTIONS.iter().any(|(excepted, operation, _)| (*excepted, *operation) == (file, call))
        })
        .collect()
}

#[test]
fn every_operation_that_takes_a_text_is_given_hostile_ones() {
    let text = |operation: &Operation| {
        [
            "&str",
            "SecretString",
            "&New",
            "&GoogleProfile",
            "&WorkerRegistration",
            "&DeploymentSpec",
            "&CommitMetadata",
        ]
        .into_iter()
        .chain([
            "&AppChanges",
            "&WebhookChanges",
            "&JobResult",
            "&JobStatusUpdate",
            "&PlanId",
            "&[NewLogLine]",
        ])
        .any(|word| operation.signature.split("->").next().unwrap().contains(word))
    };
    assert_eq!(missing("strings", text), Vec::<String>::new());
}

#[test]
fn every_operation_that_takes_a_limit_is_given_limits_of_all_kinds() {
    let limit = |operation: &Operation| {
        operation.signature.contains("Page<") || operation.signature.contains("limit:")
    };
    assert_eq!(missing("limits", limit), Vec::<String>::new());
}

#[test]
fn every_operation_of_an_owner_is_asked_by_a_stranger() {
    let owned = |operation: &Operation| {
        let given = operation.signature.split("->").next().unwrap();
        given.contains("user:UserId") || given.contains("worker:WorkerId") && given.contains("id:")
    };
    assert_eq!(missing("owners", owned), Vec::<String>::new());
}

#[test]
fn every_operation_is_tried_somewhere() {
    let everywhere: String =
        ["strings", "limits", "owners", "ids", "numbers", "races", "time"].map(tried).concat();
    let all = operations();
    assert!(all.len() > 100, "{} operations: the sources were not understood", all.len());
    let forgotten: Vec<_> =
        all.into_iter().map(|operation| operation.call).filter(|call| !everywhere.contains(call)).collect();
    assert_eq!(forgotten, Vec::<String>::new(), "tried in no file of tests/repo/hostile");
}
