//! The statements written by hand: each stands whole in a file, names its operation, and runs as it stands.

use std::path::{Path, PathBuf};

use wh_testkit::TestDatabase;

/// Every `.sql` file of the crate.
fn files() -> Vec<PathBuf> {
    let (mut found, mut folders) = (vec![], vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 30, "{} files", found.len());
    found
}

/// The operation of the first line, `-- jobs.claim` or `-- jobs.claim: what this statement of it does`.
fn operation(text: &str) -> Option<&str> {
    let (name, _) = text.lines().next()?.strip_prefix("-- ")?.split_once(':').unwrap_or_default();
    let name = if name.is_empty() { text.lines().next()?.strip_prefix("-- ")? } else { name };
    let (room, operation) = name.split_once('.')?;
    let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_name(room) && is_name(operation)).then_some(name)
}

/// A value of this type, as a literal.
fn literal(sql_type: &str) -> &'static str {
    match sql_type {
        "bigint" | "integer" | "smallint" | "double precision" => "0",
        "boolean" => "false",
        "jsonb" => "'{}'",
        "uuid" => "'00000000-0000-0000-0000-000000000000'",
        "timestamp with time zone" => "'2026-01-01'",
        "interval" => "'1 second'",
        array if array.ends_with("[]") => "'{}'",
        _ => "''",
    }
}

#[tokio::test]
async fn every_file_names_its_operation_and_runs_as_it_stands() {
    let postgres = TestDatabase::new().await;
    let client = postgres.client().await;
    let mut complaints = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut complain = |what: String| complaints.push(format!("{}: {what}", path.display()));
        if operation(&text).is_none() {
            complain("the first line names no operation, as in `-- jobs.claim`".to_owned());
        }
        // As one pastes it into psql: without parameters of the protocol.
        client.batch_execute("BEGIN").await.unwrap();
        if let Err(error) = client.batch_execute(&format!("PREPARE statement AS {text}")).await {
            complain(format!("{error:?}"));
            client.batch_execute("ROLLBACK").await.unwrap();
            continue;
        }
        let types: Vec<String> = client
            .query_one(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'statement'",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        let values: Vec<_> = types.iter().map(|name| literal(name)).collect();
        let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        match client.batch_execute(&format!("EXECUTE statement{values}")).await {
            Ok(()) => {}
            // Such values may be no date, or break a rule of their table; the statement ran.
            Err(error)
                if error.code().is_some_and(|code| matches!(code.code().get(..2), Some("22" | "23"))) => {}
            Err(error) => complain(format!("{error:?}")),
        }
        client.batch_execute("ROLLBACK; DEALLOCATE ALL").await.unwrap();
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_first_line_without_an_operation_is_found() {
    assert_eq!(operation("-- jobs.claim\nSELECT 1"), Some("jobs.claim"));
    assert_eq!(operation("-- jobs.claim: locks the job\nSELECT 1"), Some("jobs.claim"));
    for wrong in ["SELECT 1", "-- jobs\nSELECT 1", "-- Jobs.claim\nSELECT 1", "--jobs.claim", ""] {
        assert_eq!(operation(wrong), None, "{wrong}");
    }
}
