//! What is recorded stays as it was.

use tokio_postgres::Client;
use wh_testkit::TestDatabase;

use super::support::refused_by;

const EVENTS: &str = "
    insert into users (email, google_id) values ('ada@example.org', 'g-1'), ('bob@example.org', 'g-2');
    insert into audit_events (user_id, kind) values (1, 'login'), (1, 'logout'), (2, 'login')";

async fn count(client: &Client) -> i64 {
    client.query_one("select count(*) from audit_events", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn events_are_neither_changed_nor_deleted_nor_truncated() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(EVENTS).await.unwrap();

    for (statement, word) in [
        ("update audit_events set kind = 'logout'", "UPDATE"),
        ("delete from audit_events where user_id = 1", "DELETE"),
        ("truncate audit_events", "TRUNCATE"),
        ("truncate users cascade", "TRUNCATE"),
    ] {
        let refusal = refused_by(&client, statement).await;
        assert_eq!(refusal, format!("audit_events is append-only: {word} is refused"), "{statement}");
    }
    assert_eq!(count(&client).await, 3);
}

#[tokio::test]
async fn events_go_with_their_user() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(EVENTS).await.unwrap();
    client.batch_execute("delete from users where id = 1").await.unwrap();
    assert_eq!(count(&client).await, 1);
}

#[tokio::test]
async fn retention_deletes_within_its_own_transaction_only() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(EVENTS).await.unwrap();

    let retention =
        "begin; set local wh.retention = 'on'; delete from audit_events where kind = 'logout'; commit";
    client.batch_execute(retention).await.unwrap();
    assert_eq!(count(&client).await, 2);
    assert!(refused_by(&client, "delete from audit_events").await.contains("DELETE is refused"));

    let update = "begin; set local wh.retention = 'on'; update audit_events set ip = ''";
    assert!(refused_by(&client, update).await.contains("UPDATE is refused"));
}
