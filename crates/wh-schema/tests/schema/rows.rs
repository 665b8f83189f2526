//! Every row type reads its table, and none gives a secret away.

use diesel::HasQuery;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use wh_schema::columns::{self, Class};
use wh_schema::rows;
use wh_testkit::TestDatabase;

use super::support::{connect, with_rows};

/// Reads the first row of a table, and checks that what it serialises to is the table without its secrets.
macro_rules! first {
    ($conn:expr, $row:ident, $table:ident) => {{
        let row: rows::$row = rows::$row::query().first($conn).await.unwrap();
        serialises_without_secrets(stringify!($table), &row);
        row
    }};
}

/// Columns that a row does not serialise, besides secrets: no row type has the last step of TOTP, and a Google identity is
/// nobody's business.
const NOT_SHOWN: [(&str, &str); 2] = [("users", "google_id"), ("users", "totp_last_step")];

fn serialises_without_secrets(table: &str, row: &(impl Serialize + std::fmt::Debug)) {
    let json = serde_json::to_value(row).unwrap();
    let mut shown: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = columns::of(table)
        .filter(|column| column.class < Class::Hashed && !NOT_SHOWN.contains(&(table, column.name)))
        .map(|column| column.name)
        .collect();
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(shown, expected, "{table}");
    let debug = format!("{row:?}");
    assert!(!debug.contains("v1:") && !debug.contains("aaaa") && !debug.contains("argon2"), "{debug}");
}

async fn all_tables() -> (TestDatabase, AsyncPgConnection) {
    let database = with_rows().await;
    let conn = connect(&database).await;
    (database, conn)
}

#[tokio::test]
async fn every_row_type_reads_its_table() {
    let (_database, conn) = all_tables().await;
    let conn = &mut &conn;

    let user = first!(conn, User, users);
    assert_eq!((user.email.as_str(), user.google_id.as_str()), ("ada@example.org", "g-1"));
    let worker = first!(conn, Worker, workers);
    assert_eq!(worker.api_key_hash.as_hex(), "a".repeat(64));
    assert_eq!(worker.offline_since, Some(worker.updated_at));
    let app = first!(conn, App, apps);
    assert_eq!((app.status, app.port, app.container_port), (wh_types::AppStatus::Running, 0, 0));
    assert_eq!(first!(conn, Deployment, deployments).commit_author, "Ada");
    let job = first!(conn, Job, jobs);
    assert_eq!((job.payload.as_stored(), job.result), ("v1:payload", Some(serde_json::json!({"port": 1}))));
    assert_eq!(job.app_was, None);
    assert_eq!(first!(conn, AppEnvVar, app_env_vars).value.as_stored(), "v1:value");
    assert_eq!(first!(conn, GitProviderToken, git_provider_tokens).access_token.as_stored(), "v1:token");
    assert_eq!(first!(conn, Domain, domains).hostname, "example.org");
    assert_eq!(first!(conn, Webhook, webhooks).events, ["app.deployed", "app.failed"]);
    assert_eq!(first!(conn, WebhookDelivery, webhook_deliveries).payload, serde_json::json!({"a": 1}));
    assert_eq!(first!(conn, Session, sessions).token_hash.as_hex(), "b".repeat(64));
    assert_eq!(first!(conn, AuditEvent, audit_events).kind, wh_types::AuditKind::Login);
    assert_eq!(first!(conn, AppAlertRule, app_alert_rules).threshold, 90);
    assert_eq!(first!(conn, Alert, alerts).status, wh_types::AlertStatus::Active);
    assert!((first!(conn, UsageSample, usage_samples).cpu_avg - 12.5).abs() < f64::EPSILON);
    assert!(first!(conn, BackupCode, backup_codes).code_hash.as_phc().starts_with("$argon2id$"));
    assert_eq!(first!(conn, PendingTotp, pending_totps).token_hash.as_hex(), "c".repeat(64));
    assert_eq!(first!(conn, RuntimeLogLine, runtime_logs).stream, wh_types::LogStream::Stderr);
    assert!(!first!(conn, Installation, installation).id.is_nil());
    assert_eq!(first!(conn, EncryptionKey, encryption_keys).forms, ["v1", "v2"]);
}

#[tokio::test]
async fn a_row_without_secrets_comes_back_from_json_as_it_was() {
    let (_database, conn) = all_tables().await;
    let app: rows::App = rows::App::query().first(&mut &conn).await.unwrap();
    let json = serde_json::to_string(&app).unwrap();
    assert_eq!(serde_json::from_str::<rows::App>(&json).unwrap(), app);
}

#[tokio::test]
async fn a_deployment_that_was_read_without_its_logs_does_not_say_that_they_are_empty() {
    let (_database, conn) = all_tables().await;
    let found: rows::Deployment = rows::Deployment::query().first(&mut &conn).await.unwrap();
    let listed = rows::Deployment { build_logs: String::new(), ..found.clone() };
    assert_eq!(serde_json::to_value(&found).unwrap()["build_logs"], "built");
    assert_eq!(serde_json::to_value(&listed).unwrap().get("build_logs"), None);
    let json = serde_json::to_string(&listed).unwrap();
    assert_eq!(serde_json::from_str::<rows::Deployment>(&json).unwrap(), listed);
}
