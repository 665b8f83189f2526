//! PgBouncer, new and old, set up well and not.

use std::time::Duration;

use wh_repo::{Connector, Error, Reason};
use wh_testkit::{PgBouncer, PoolMode, TestDatabase};

use crate::support::{connect, profile, settings};

const KEEPS: &str = "max_prepared_statements = 200";

fn pooled(url: &str, connections: u32) -> wh_repo::DatabaseSettings {
    wh_repo::DatabaseSettings { pgbouncer: true, ..settings(url, connections) }
}

#[tokio::test]
async fn through_a_pooler_the_role_must_have_what_cannot_be_pinned() {
    let postgres = TestDatabase::new().await;
    let Some(pooler) = PgBouncer::since((1, 21), postgres.url(), PoolMode::Transaction, KEEPS) else {
        return;
    };
    let name = postgres.name().to_owned();
    let admin = postgres.client().await;
    let user: tokio_postgres::Config = postgres.url().parse().unwrap();
    let user = user.get_user().unwrap().to_owned();
    for (setting, value, said) in [
        ("default_transaction_isolation", "'repeatable read'", "transactions are repeatable read by default"),
        ("search_path", "app", "search_path leads to the schema app"),
    ] {
        admin.batch_execute("CREATE SCHEMA IF NOT EXISTS app").await.unwrap();
        admin.batch_execute(&format!("ALTER DATABASE {name} SET {setting} = {value}")).await.unwrap();
        drop(pooler.admin("RECONNECT"));
        let message = connect(pooled(&pooler.url(), 2)).await.unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
        assert!(message.contains(&format!("ALTER ROLE {user} SET {setting} = ")), "{message}");
        admin.batch_execute(&format!("ALTER DATABASE {name} RESET {setting}")).await.unwrap();
        drop(pooler.admin("RECONNECT"));
    }
    let db = connect(pooled(&pooler.url(), 2)).await.unwrap();
    db.users().upsert_google(&profile("ada")).await.unwrap();
}

#[tokio::test]
async fn a_pooler_that_was_not_announced_is_recognised() {
    let postgres = TestDatabase::new().await;
    for pooler in [
        PgBouncer::since((1, 21), postgres.url(), PoolMode::Transaction, KEEPS),
        PgBouncer::before((1, 21), postgres.url(), PoolMode::Transaction, ""),
    ]
    .into_iter()
    .flatten()
    {
        let message = connect(settings(&pooler.url(), 1)).await.unwrap_err().to_string();
        assert!(message.contains("the pooler in front of it refuses start-up options"), "{message}");
        assert!(message.contains("Set pgbouncer to true"), "{message}");
    }
}

#[tokio::test]
async fn a_pooler_that_keeps_no_statements_is_named_with_version_and_setting() {
    let postgres = TestDatabase::new().await;
    let two = "default_pool_size = 2";
    for pooler in [
        PgBouncer::before((1, 21), postgres.url(), PoolMode::Transaction, two),
        PgBouncer::since(
            (1, 21),
            postgres.url(),
            PoolMode::Transaction,
            &format!("{two}\nmax_prepared_statements = 0"),
        ),
    ]
    .into_iter()
    .flatten()
    {
        let says_it = |message: &str| {
            assert!(message.contains("does not keep the prepared statements"), "{message}");
            assert!(message.contains("1.21") && message.contains("max_prepared_statements"), "{message}");
            assert!(!message.contains("report it"), "{message}");
        };
        // "does not exist": the statement was prepared on a server connection that somebody else has now.
        let db = connect(pooled(&pooler.url(), 1)).await.unwrap();
        db.users().find(wh_types::UserId::new(1)).await.unwrap();
        let (other, connection) =
            tokio_postgres::connect(&pooler.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        other.batch_execute("BEGIN").await.unwrap();
        let error = db.users().find(wh_types::UserId::new(1)).await.unwrap_err();
        assert!(matches!(error, Error::Misconfigured { .. }), "{error:?}");
        says_it(&error.to_string());
        other.batch_execute("ROLLBACK").await.unwrap();
        drop(db);

        // "already exists": an earlier process has left its statements, which had the same names.
        let names: String = std::iter::once("DEALLOCATE ALL;".to_owned())
            .chain((0..400).map(|at| format!("PREPARE s{at} AS SELECT 1;")))
            .collect();
        other.batch_execute(&names).await.unwrap();
        other.batch_execute("BEGIN").await.unwrap();
        let (second, connection) =
            tokio_postgres::connect(&pooler.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        second.batch_execute(&names).await.unwrap();
        other.batch_execute("ROLLBACK").await.unwrap();
        let error = connect(pooled(&pooler.url(), 1)).await.unwrap_err();
        says_it(&error.to_string());
    }
}

#[tokio::test]
async fn a_pooler_without_a_free_server_makes_an_operation_unavailable() {
    let postgres = TestDatabase::new().await;
    let tight = format!("default_pool_size = 1\nquery_wait_timeout = 1\n{KEEPS}");
    let Some(pooler) = PgBouncer::since((1, 21), postgres.url(), PoolMode::Transaction, &tight) else {
        return;
    };
    let db = connect(pooled(&pooler.url(), 2)).await.unwrap();
    db.users().find(wh_types::UserId::new(1)).await.unwrap();
    let (other, connection) = tokio_postgres::connect(&pooler.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN").await.unwrap();
    let error = db.users().find(wh_types::UserId::new(1)).await.unwrap_err();
    let Error::Unavailable { reason: Reason::Server(said), .. } = &error else { unreachable!("{error:?}") };
    assert!(said.contains("query_wait_timeout"), "{said}");
    other.batch_execute("ROLLBACK").await.unwrap();
    db.users().find(wh_types::UserId::new(1)).await.unwrap();
}

#[tokio::test]
async fn a_full_pooler_is_said_while_connecting() {
    let postgres = TestDatabase::new().await;
    let Some(pooler) = PgBouncer::since(
        (1, 21),
        postgres.url(),
        PoolMode::Transaction,
        &format!("max_client_conn = 2\n{KEEPS}"),
    ) else {
        return;
    };
    let connector = Connector::new(pooled(&pooler.url(), 1)).unwrap();
    let _first = connector.connect().await.unwrap();
    let _second = connector.connect().await.unwrap();
    let error = connector.connect().await.err().unwrap().to_string();
    assert!(error.contains("no more connections allowed"), "{error}");
    let mut settings = pooled(&pooler.url(), 1);
    settings.acquire_timeout = Duration::from_secs(5);
    let error = crate::support::lazy(settings).workers().list().await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("no more connections allowed"), "{error}");
}
