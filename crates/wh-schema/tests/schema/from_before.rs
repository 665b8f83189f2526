//! Rows from before a migration are right after it.

use wh_schema::migrations::{MigrationError, Target};
use wh_testkit::TestDatabase;

use super::support::{ledger, lines, migrate};

/// As processes of version 17 left it.
const OLD_ROWS: &str = "
    insert into users (email, google_id) values
        (' Ada@example.org ', 'g-1'), ('bob@example.org', 'g-2'), ('Zoe\u{308}@example.org', 'g-3');
    insert into workers (name, api_key_hash) values ('w-1', repeat('a', 64));
    insert into apps (uuid, user_id, worker_id, name, subdomain, git_provider, repo_url, status, port, updated_at, deleted_at)
    select gen_random_uuid(), 1, 1, 'app-number-' || n, 'app-number-' || n, 'github', 'https://github.com/a/b', status, 30000,
        '2026-01-01'::timestamptz + n * interval '1 day', case when status = 'deleted' then now() end
    from unnest('{running,stopped,deleted}'::text[]) with ordinality as app (status, n);
    insert into app_env_vars (app_id, key) values (1, 'KEPT'), (3, 'GONE');
    insert into domains (user_id, app_id, hostname, verification_token, verified) values
        (1, 1, 'kept.example.org', 't', true), (1, 3, 'gone.example.org', 't', true);
    insert into alerts (user_id, kind, title, source_type, source_id, status, created_at) values
        (1, 'cpu', 'older', 'rule', '1', 'acknowledged', '2026-01-01'), (1, 'cpu', 'newer', 'rule', '1', 'active', '2026-01-02'),
        (1, 'cpu', 'done', 'rule', '1', 'resolved', '2026-01-01'), (1, 'cpu', 'alone', 'rule', '2', 'acknowledged', '2026-01-01');
    insert into webhooks (user_id, name, url, events, active) values
        (1, 'a', 'https://a.example', '{x,y,x}', true), (1, 'b', 'https://b.example', '{x}', false)";

async fn old() -> TestDatabase {
    let database = TestDatabase::empty().await;
    migrate(&database, Target::Version(17)).await.unwrap();
    database.client().await.batch_execute(OLD_ROWS).await.unwrap();
    database
}

#[tokio::test]
async fn alerts_domains_ports_and_subscriptions() {
    let database = old().await;
    migrate(&database, Target::Latest).await.unwrap();
    let client = database.client().await;
    for (query, expected) in [
        (
            "select id, status, resolved_at is null as open from alerts order by id",
            &[
                r#"{"id": 1, "open": false, "status": "resolved"}"#,
                r#"{"id": 2, "open": true, "status": "active"}"#,
                r#"{"id": 3, "open": true, "status": "resolved"}"#,
                r#"{"id": 4, "open": true, "status": "acknowledged"}"#,
            ][..],
        ),
        ("select hostname from domains", &[r#"{"hostname": "kept.example.org"}"#]),
        ("select key from app_env_vars", &[r#"{"key": "KEPT"}"#]),
        ("select id, port from apps where port > 0", &[r#"{"id": 1, "port": 30000}"#]),
        (
            "select webhook_id as id, event from webhook_subscriptions order by event",
            &[r#"{"id": 1, "event": "x"}"#, r#"{"id": 1, "event": "y"}"#],
        ),
        (
            "select id, email from users order by id",
            &[
                r#"{"id": 1, "email": "Ada@example.org"}"#,
                r#"{"id": 2, "email": "bob@example.org"}"#,
                "{\"id\": 3, \"email\": \"Zo\u{eb}@example.org\"}",
            ],
        ),
    ] {
        assert_eq!(lines(&client, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn addresses_that_fold_together_are_refused_with_the_users_before_anything_is_dirty() {
    let database = old().await;
    let client = database.client().await;
    let doubles = "insert into users (email, google_id) values
        ('BOB@example.org', 'g-4'), ('ada@EXAMPLE.org', 'g-5'), ('ada@example.org\u{a0}', 'g-6')";
    client.batch_execute(doubles).await.unwrap();

    let error = migrate(&database, Target::Latest).await.unwrap_err();
    assert!(matches!(error, MigrationError::Refused { version: 20, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "migrations/0021_users_email_key.up.sql was not begun, the schema stays at version 20. Several accounts have the \
         same e-mail address once it is trimmed, in Unicode form NFC and in lower case. Give all but one of each another \
         address, or delete them. Found: users 1, 5, 6; users 2, 4"
    );
    assert_eq!(ledger(&client).await, Some((20, false)));

    client.batch_execute("delete from users where id in (1, 2, 5)").await.unwrap();
    migrate(&database, Target::Version(21)).await.unwrap();
    // One that comes between the two is found by the second look.
    client
        .batch_execute("insert into users (email, google_id) values ('boB@example.org', 'g-7')")
        .await
        .unwrap();
    let error = migrate(&database, Target::Latest).await.unwrap_err();
    assert!(error.to_string().ends_with("Found: users 4, 7"), "{error}");
    assert_eq!(ledger(&client).await, Some((21, false)));
    client.batch_execute("delete from users where id = 7").await.unwrap();
    migrate(&database, Target::Latest).await.unwrap();
}

#[tokio::test]
async fn rows_that_only_the_newer_schema_can_hold_are_brought_back() {
    let database = old().await;
    migrate(&database, Target::Latest).await.unwrap();
    let client = database.client().await;
    let newer = "
        insert into audit_events (user_id, kind) values (1, 'git_token_revoke'), (1, 'git_token_revoked');
        insert into domains (user_id, app_id, hostname, verification_token, verified) values
            (1, 2, 'kept.example.org', 't', false), (1, 1, 'a.example.org', 't', false), (1, 2, 'a.example.org', 't', false),
            (1, 1, 'b.example.org', 't', false), (1, 2, 'b.example.org', 't', true)";
    client.batch_execute(newer).await.unwrap();

    migrate(&database, Target::Version(14)).await.unwrap();
    let kinds = lines(&client, "select kind from audit_events order by id").await;
    assert_eq!(kinds, [r#"{"kind": "git_token_revoked"}"#; 2]);
    assert_eq!(
        lines(&client, "select hostname as h, app_id as a from domains order by hostname").await,
        [
            r#"{"a": 1, "h": "a.example.org"}"#,
            r#"{"a": 2, "h": "b.example.org"}"#,
            r#"{"a": 1, "h": "kept.example.org"}"#
        ]
    );
    let update = "update audit_events set kind = 'login'";
    assert!(client.batch_execute(update).await.is_err(), "the audit log is append-only again");
    migrate(&database, Target::Latest).await.unwrap();
}
