//! Each CHECK of words holds exactly the words of its enum.

use std::collections::BTreeMap;

use wh_testkit::TestDatabase;
use wh_types::{
    AlertKind, AlertSeverity, AlertStatus, AppStatus, AuditKind, DeploymentStatus, GitProvider, JobStatus,
    JobType, LogStream, ThemePreference, Vocabulary, WorkerStatus,
};

const COLUMNS: &[(&str, &[&str])] = &[
    ("alerts.kind", AlertKind::WORDS),
    ("alerts.severity", AlertSeverity::WORDS),
    ("alerts.status", AlertStatus::WORDS),
    ("app_alert_rules.kind", AlertKind::WORDS),
    ("apps.git_provider", GitProvider::WORDS),
    ("apps.status", AppStatus::WORDS),
    ("audit_events.kind", AuditKind::WORDS),
    ("deployments.status", DeploymentStatus::WORDS),
    ("git_provider_tokens.provider", GitProvider::WORDS),
    ("jobs.app_was", AppStatus::WORDS),
    ("jobs.job_type", JobType::WORDS),
    ("jobs.status", JobStatus::WORDS),
    ("runtime_logs.stream", LogStream::WORDS),
    ("users.theme_pref", ThemePreference::WORDS),
    ("workers.status", WorkerStatus::WORDS),
];

#[tokio::test]
async fn each_check_of_words_mirrors_its_enum() {
    let database = TestDatabase::new().await;
    let rows = database
        .client()
        .await
        .query(
            "select conrelid::regclass || '.' || attname, pg_get_constraintdef(pg_constraint.oid), conname::text
             from pg_constraint
             join pg_class on pg_class.oid = conrelid and not relispartition
             join pg_attribute on attrelid = conrelid and attnum = conkey[1]
             where contype = 'c' and cardinality(conkey) = 1
               and pg_get_constraintdef(pg_constraint.oid) ~ '^CHECK \\(\\(\\w+ = ANY \\(ARRAY\\['",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), COLUMNS.len(), "CHECKs of words found, and expected");

    let found: BTreeMap<String, Vec<String>> = rows
        .iter()
        .map(|row| {
            let (column, definition, name) =
                (row.get::<_, String>(0), row.get::<_, String>(1), row.get::<_, String>(2));
            assert_eq!(name, format!("{}_check", column.replace('.', "_")));
            // Every second piece between quotes is a word.
            (column, definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect())
        })
        .collect();
    for (column, words) in COLUMNS {
        let also: &[&str] = if *column == "audit_events.kind" { AuditKind::OLD_WORDS } else { &[] };
        let mut expected: Vec<_> = words.iter().chain(also).map(|word| (*word).to_owned()).collect();
        expected.sort_unstable();
        let mut found = found.get(*column).cloned().unwrap_or_default();
        found.sort_unstable();
        assert_eq!(found, expected, "{column}");
    }
    assert_eq!(AuditKind::OLD_WORDS, ["git_token_revoked"]);
    assert_eq!("git_token_revoked".parse(), Ok(AuditKind::GitTokenRevoke));
    assert_eq!(AuditKind::GitTokenRevoke.as_str(), "git_token_revoke");
}

#[tokio::test]
async fn the_active_job_index_covers_the_active_statuses() {
    let database = TestDatabase::new().await;
    let row = database
        .client()
        .await
        .query_one("select pg_get_indexdef('jobs_one_active_per_app'::regclass)", &[])
        .await
        .unwrap();
    let definition: String = row.get(0);
    let words: Vec<_> = definition.split('\'').skip(1).step_by(2).collect();
    let active: Vec<_> = JobStatus::ACTIVE.iter().map(|status| status.as_str()).collect();
    assert_eq!(words, active);
}
