//! The export, verified by the script of the documentation without this crate.

use std::process::Command;

use serde_json::Value;
use wh_repo::{Database, Error};
use wh_types::{AuditKind, UserId};

use super::{ADA, sealed_world};
use crate::audit_events::event;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify-audit.py");

pub(super) async fn lines(db: &Database, user: Option<UserId>) -> Vec<String> {
    let mut lines = Vec::new();
    let write = async |line| {
        lines.push(line);
        Ok::<_, Error>(())
    };
    let count = db.audit().export(user, write).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), lines.len());
    lines
}

/// What the script says of exports, and whether everything is right; none where there is no Python.
fn script(secret: &str, exports: &[&[String]]) -> Option<(String, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let mut python = Command::new("python3");
    python.arg(SCRIPT).env_remove("WH_API_SERVER__SECRET");
    if !secret.is_empty() {
        python.env("WH_API_SERVER__SECRET", secret);
    }
    for (number, lines) in exports.iter().enumerate() {
        let file = folder.path().join(number.to_string());
        std::fs::write(&file, lines.join("\n")).unwrap();
        python.arg(file);
    }
    match python.output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Some((String::from_utf8(said).unwrap(), output.status.success()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: verify-audit.py needs python3 on the PATH");
            None
        }
        Err(error) => unreachable!("{error}"),
    }
}

#[tokio::test]
async fn the_script_verifies_an_export_and_finds_what_was_changed() {
    let world = sealed_world().await;
    let db = &world.db;
    let mut odd = event(ADA, AuditKind::Login, "2001:db8::1");
    odd.geo = "Köln, \"東京\" \u{1f600}\n".into();
    odd.detail = serde_json::json!({"b": 1.50, "a": ["\u{2028}", null, 1e300, "\\ \" \u{7f}"]});
    db.audit_events().record(&odd).await.unwrap();
    let export = lines(db, None).await;
    assert_eq!(export.len(), 2 + 6 + 3);
    assert_eq!(lines(db, Some(ADA)).await, export[..7]);
    assert_eq!(lines(db, Some(UserId::new(99))).await, Vec::<String>::new());
    let secret = crate::secrets::OLD;
    let Some(said) = script(secret, &[&export]) else { return };
    assert_eq!(said, ("9 links\n".to_owned(), true));
    assert_eq!(script("another secret for tests", &[&export]).unwrap().0.matches("not signed").count(), 2);

    // Lines at the ends and in the middle of both trails, changed in each field, removed, and exchanged with the next one.
    for number in [0, 1, 5, 6, 7, 10] {
        let fields: Value = serde_json::from_str(&export[number]).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let mut changed = fields.clone();
            changed[name] = match value {
                Value::String(text) => format!("{text} ").into(),
                Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                Value::Object(end) => {
                    let mut end = end.clone();
                    end["hash"] = "00".into();
                    end.into()
                }
                other => unreachable!("{other}"),
            };
            let mut lines = export.clone();
            lines[number] = changed.to_string();
            let (said, right) = script(secret, &[&lines]).unwrap();
            assert!(!right && !said.contains("Traceback"), "{name}: {said}");
        }
        if fields.get("head").is_none() {
            let mut lines = export.clone();
            lines.remove(number);
            assert!(!script(secret, &[&lines]).unwrap().1, "without line {number}");
        }
        if number + 1 < export.len() {
            let mut lines = export.clone();
            lines.swap(number, number + 1);
            assert!(!script(secret, &[&lines]).unwrap().1, "line {number} after the next");
        }
    }
}

#[tokio::test]
async fn an_earlier_export_shows_that_a_chain_was_written_anew() {
    let world = sealed_world().await;
    let earlier = lines(&world.db, None).await;
    world.db.audit_events().record(&event(ADA, AuditKind::Logout, "")).await.unwrap();
    let Some(said) = script("", &[&lines(&world.db, None).await, &earlier]) else { return };
    assert_eq!(said, ("9 links\n".to_owned(), true));
    let attack = format!(
        "{} UPDATE audit_events SET kind = 'logout' WHERE id = 3; {} DELETE FROM audit_seals",
        super::attacks::UNSTOPPED,
        super::attacks::REWRITE
    );
    world.postgres.execute(&attack).await;
    let rewritten = lines(&world.db, None).await;
    assert_eq!(script("", &[&rewritten]).unwrap(), ("9 links\n".to_owned(), true));
    let said = "user 1, place 5: not the link of a head or seal\n9 links\n";
    assert_eq!(script("", &[&rewritten, &earlier]).unwrap(), (said.to_owned(), false));
}

#[tokio::test]
async fn an_export_reads_page_by_page_and_stops_when_its_reader_does() {
    let world = super::world().await;
    let more = "INSERT INTO audit_events (user_id, kind, detail)
        SELECT 1, 'login', jsonb_build_object('text', repeat('x', 40000)) FROM generate_series(1, 300)";
    world.postgres.execute(more).await;
    assert_eq!(lines(&world.db, Some(ADA)).await.len(), 1 + 305);
    let mut taken = 0;
    let stop = async |_| {
        taken += 1;
        if taken == 7 {
            Err(Error::Invalid("full".parse::<wh_types::AppName>().unwrap_err()))
        } else {
            Ok(())
        }
    };
    assert!(matches!(world.db.audit().export(None, stop).await, Err(Error::Invalid(_))));
    assert_eq!(taken, 7);
}
