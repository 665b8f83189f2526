//! What a look at a database finds, and what repairing sequences does.

use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use wh_schema::inspect::{Finding, Repaired, Severity, inspect, repair_sequences};
use wh_testkit::TestDatabase;

use super::support::{connect, with_rows};

async fn findings(database: &TestDatabase) -> Vec<String> {
    let found = inspect(&connect(database).await).await.unwrap();
    // The test's servers are as they come: nobody has set this one.
    found
        .into_iter()
        .filter(|finding| *finding != Finding::ConnectionCheck)
        .map(|finding| finding.to_string())
        .collect()
}

/// A database of ours that maintenance looks after.
async fn in_order() -> TestDatabase {
    let postgres = with_rows().await;
    postgres.execute("SELECT runtime_logs_create_partitions(current_date, 3)").await;
    postgres
}

#[tokio::test]
async fn a_database_of_ours_is_in_order() {
    let database = in_order().await;
    assert_eq!(findings(&database).await, [""; 0]);
    let empty = TestDatabase::empty().await;
    assert_eq!(findings(&empty).await, [""; 0]);
}

#[tokio::test]
async fn settings_of_the_database_and_an_invalid_index_are_found() {
    let database = in_order().await;
    let client = database.client().await;
    let name = database.name();
    let set = format!(
        "create schema app;
         alter database {name} set search_path = app;
         alter database {name} set default_transaction_isolation = 'repeatable read';
         alter database {name} set default_transaction_read_only = on;
         alter database {name} set lc_messages = 'de_DE.UTF-8'"
    );
    // lc_messages must name a locale of the machine, so that one is left out where it does not.
    if client.batch_execute(&set).await.is_err() {
        client.batch_execute(set.rsplit_once(';').unwrap().0).await.unwrap();
    }
    client
        .batch_execute(
            "update pg_index set indisvalid = false where indexrelid = 'jobs_pending_idx'::regclass",
        )
        .await
        .unwrap();

    let found = findings(&database).await;
    let found: Vec<_> = found.iter().filter(|finding| !finding.starts_with("lc_messages")).collect();
    assert_eq!(
        found,
        [
            &format!(
                "default_transaction_read_only is on for database {name}: every write fails. To mend it: ALTER DATABASE \
                 \"{name}\" RESET default_transaction_read_only"
            ),
            &format!(
                "search_path is app for database {name}: the data layer sets public itself, psql and golang-migrate do \
                 not. To mend it: ALTER DATABASE \"{name}\" RESET search_path"
            ),
            &format!(
                "default_transaction_isolation is repeatable read for database {name}: the data layer sets read committed \
                 itself, others do not. To mend it: ALTER DATABASE \"{name}\" RESET default_transaction_isolation"
            ),
            "the index public.jobs_pending_idx is invalid: building it failed, no query uses it, and every write pays for \
             it. To mend it: `REINDEX INDEX CONCURRENTLY public.jobs_pending_idx`, or drop it and run its migration again",
        ]
    );
}

#[tokio::test]
async fn sequences_behind_their_tables_are_found_and_repaired() {
    let database = in_order().await;
    let client = database.client().await;
    // What a data-only restore does: rows come with their ids.
    let restore = "
        insert into users (id, email, google_id) overriding system value values (41, 'eve@example.org', 'g-41');
        insert into audit_events (id, user_id, kind) overriding system value values (99, 41, 'login');
        insert into runtime_logs (id, app_id, stream, line) overriding system value values (7, 1, 'stdout', 'x');
        select setval('workers_id_seq', 500)";
    client.batch_execute(restore).await.unwrap();

    let conn = connect(&database).await;
    let found: Vec<_> = inspect(&conn)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|finding| match (finding.severity(), finding) {
            (Severity::Fault, Finding::SequenceBehind { table, column, next, largest }) => {
                Some((table, column, next, largest))
            }
            _ => None,
        })
        .collect();
    let id = || "id".to_owned();
    assert_eq!(
        found,
        [
            ("audit_events".to_owned(), id(), 3, 99),
            ("runtime_logs".to_owned(), id(), 2, 7),
            ("users".to_owned(), id(), 2, 41)
        ]
    );

    let repaired = repair_sequences(&conn).await.unwrap();
    let users = Repaired { table: "users".to_owned(), column: id(), next_was: 2, next_is: 42 };
    assert_eq!(repaired.len(), 3);
    assert_eq!(repaired[2], users);
    assert_eq!(repair_sequences(&conn).await.unwrap(), []);
    assert_eq!(findings(&database).await, [""; 0]);
    let insert = "insert into users (email, google_id) values ('mia@example.org', 'g-42') returning id";
    assert_eq!(client.query_one(insert, &[]).await.unwrap().get::<_, i64>(0), 42);
    let worker = "insert into workers (name, api_key_hash) values ('w-2', repeat('d', 64)) returning id";
    assert_eq!(client.query_one(worker, &[]).await.unwrap().get::<_, i64>(0), 501, "one that is ahead stays");
}

#[tokio::test]
async fn what_the_role_may_not_do_is_found() {
    let database = in_order().await;
    let role = format!("reader_of_{}", database.name());
    let client = database.client().await;
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"))
        .await
        .unwrap();
    let look = async || {
        let mut conn = connect(&database).await;
        conn.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        let found = inspect(&conn).await.unwrap();
        found.into_iter().filter(|finding| matches!(finding, Finding::Privileges { .. })).collect::<Vec<_>>()
    };
    assert_eq!(look().await, []);
    client
        .batch_execute(&format!(
            "REVOKE DELETE ON jobs FROM {role}; REVOKE USAGE ON SEQUENCE apps_id_seq FROM {role}"
        ))
        .await
        .unwrap();
    let found = look().await;
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
    assert_eq!(
        found,
        [Finding::Privileges { privilege: "USAGE".to_owned(), relation: "apps_id_seq".to_owned(), more: 1 }]
    );
}

#[tokio::test]
async fn a_sequence_that_was_restarted_further_on_stays_there() {
    let database = in_order().await;
    let client = database.client().await;
    client.batch_execute("alter table users alter column id restart with 1000").await.unwrap();
    assert_eq!(findings(&database).await, [""; 0]);
    assert_eq!(repair_sequences(&connect(&database).await).await.unwrap(), []);
    let insert = "insert into users (email, google_id) values ('mia@example.org', 'g-42') returning id";
    assert_eq!(client.query_one(insert, &[]).await.unwrap().get::<_, i64>(0), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequence_is_repaired_while_rows_are_inserted() {
    let database = in_order().await;
    let client = database.client().await;
    let restore = "insert into webhooks (id, user_id, name, url) overriding system value
                   select n, 1, 'x', 'https://x.example' from generate_series(20, 60) n";
    client.batch_execute(restore).await.unwrap();

    let writers = join_all((0..4).map(async |_| {
        let client = database.client().await;
        let insert = "insert into webhooks (user_id, name, url) values (1, 'y', 'https://y.example') on conflict do nothing";
        for _ in 0..50 {
            client.batch_execute(insert).await.unwrap();
        }
    }));
    let repair = async {
        let conn = connect(&database).await;
        for _ in 0..5 {
            repair_sequences(&conn).await.unwrap();
        }
    };
    tokio::join!(writers, repair);
    assert_eq!(repair_sequences(&connect(&database).await).await.unwrap(), []);
    let insert = "insert into webhooks (user_id, name, url) values (1, 'z', 'https://z.example')";
    client.batch_execute(insert).await.unwrap();
}
