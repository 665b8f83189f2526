//! The log partitions: one per UTC day, made ahead, dropped whole.

use futures_util::future::join_all;
use tokio_postgres::Client;
use wh_testkit::TestDatabase;

const APP: &str = "
    insert into users (email, google_id) values ('ada@example.org', 'g-1');
    insert into apps (uuid, user_id, name, subdomain, git_provider, repo_url)
    values (gen_random_uuid(), 1, 'my-first-app', 'my-first-app', 'github', 'https://github.com/a/b')";

async fn database() -> (TestDatabase, Client) {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(APP).await.unwrap();
    (database, client)
}

async fn log(client: &Client, at: &str) {
    let statement = "insert into runtime_logs (app_id, stream, line, logged_at)
                     values (1, 'stdout', $1, $1::text::timestamptz)";
    client.execute(statement, &[&at]).await.unwrap();
}

async fn create(client: &Client, from: &str, days: i32) -> i32 {
    let query = "select runtime_logs_create_partitions($1::text::date, $2)";
    client.query_one(query, &[&from, &days]).await.unwrap().get(0)
}

async fn drop_before(client: &Client, day: &str) -> i32 {
    client.query_one("select runtime_logs_drop_partitions($1::text::date)", &[&day]).await.unwrap().get(0)
}

/// Each line with the partition that holds it.
async fn places(client: &Client) -> Vec<(String, String)> {
    let query = "select tableoid::regclass::text, line from runtime_logs order by logged_at, id";
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(place, line)| ((*place).to_owned(), (*line).to_owned())).collect()
}

#[tokio::test]
async fn lines_move_out_of_the_default_partition_into_their_utc_day() {
    let (_database, client) = database().await;
    // A zone whose day is not UTC's, to show that it does not matter.
    client.batch_execute("set timezone to 'Pacific/Auckland'; set datestyle to 'SQL, DMY'").await.unwrap();
    for at in [
        "2026-03-01 23:59:59.999999+00",
        "2026-03-02 00:00+00",
        "2026-03-02 23:59:59.999999+00",
        "2026-03-03 00:00+00",
    ] {
        log(&client, at).await;
    }
    let ids_before = client.query("select id from runtime_logs order by id", &[]).await.unwrap().len();

    assert_eq!(create(&client, "2026-03-02", 1).await, 1);
    log(&client, "2026-03-02 12:00+00").await;
    assert_eq!(
        places(&client).await,
        pairs(&[
            ("runtime_logs_default", "2026-03-01 23:59:59.999999+00"),
            ("runtime_logs_20260302", "2026-03-02 00:00+00"),
            ("runtime_logs_20260302", "2026-03-02 12:00+00"),
            ("runtime_logs_20260302", "2026-03-02 23:59:59.999999+00"),
            ("runtime_logs_default", "2026-03-03 00:00+00"),
        ])
    );
    assert_eq!(
        client.query("select distinct id from runtime_logs", &[]).await.unwrap().len(),
        ids_before + 1
    );
}

#[tokio::test]
async fn creating_twice_changes_nothing() {
    let (_database, client) = database().await;
    assert_eq!(create(&client, "2026-02-27", 3).await, 3);
    assert_eq!(create(&client, "2026-02-27", 3).await, 0);
    assert_eq!(create(&client, "2026-02-28", 3).await, 1);
    assert_eq!(create(&client, "2026-02-28", 0).await, 0);
}

#[tokio::test]
async fn a_partition_has_the_rules_of_the_table() {
    let (_database, client) = database().await;
    create(&client, "2026-03-02", 1).await;
    let rules =
        "select string_agg(pg_get_constraintdef(oid), '; ' order by contype::text, pg_get_constraintdef(oid))
                 from pg_constraint where conrelid = $1::text::regclass and contype in ('c', 'f', 'p')";
    let of_table: String = client.query_one(rules, &[&"runtime_logs"]).await.unwrap().get(0);
    let of_partition: String = client.query_one(rules, &[&"runtime_logs_20260302"]).await.unwrap().get(0);
    assert!(of_table.contains("FOREIGN KEY") && of_table.contains("CHECK"), "{of_table}");
    assert_eq!(of_table, of_partition);
}

#[tokio::test]
async fn eight_that_create_at_once_make_each_partition_once() {
    let (database, client) = database().await;
    log(&client, "2026-03-02 12:00+00").await;
    let made = join_all((0..8).map(async |_| create(&database.client().await, "2026-03-01", 5).await)).await;
    assert_eq!(made.iter().sum::<i32>(), 5, "{made:?}");
    assert_eq!(places(&client).await, pairs(&[("runtime_logs_20260302", "2026-03-02 12:00+00")]));
}

#[tokio::test]
async fn dropping_takes_whole_days_and_late_lines() {
    let (_database, client) = database().await;
    log(&client, "2026-02-01 12:00+00").await;
    create(&client, "2026-03-01", 3).await;
    for at in ["2026-03-01 12:00+00", "2026-03-02 12:00+00", "2026-03-03 12:00+00", "2026-04-01 12:00+00"] {
        log(&client, at).await;
    }

    assert_eq!(drop_before(&client, "2026-03-03").await, 2);
    assert_eq!(drop_before(&client, "2026-03-03").await, 0);
    assert_eq!(
        places(&client).await,
        pairs(&[
            ("runtime_logs_20260303", "2026-03-03 12:00+00"),
            ("runtime_logs_default", "2026-04-01 12:00+00")
        ])
    );
}

#[tokio::test]
async fn waiting_for_a_reader_ends_with_lock_timeout() {
    let (database, client) = database().await;
    create(&client, "2026-03-01", 1).await;
    let reader = database.client().await;
    reader.batch_execute("begin; select * from runtime_logs").await.unwrap();

    client.batch_execute("set lock_timeout to '50ms'").await.unwrap();
    let error = client.query_one("select runtime_logs_drop_partitions('2026-03-02')", &[]).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().message(), "canceling statement due to lock timeout");
    reader.batch_execute("commit").await.unwrap();
    assert_eq!(drop_before(&client, "2026-03-02").await, 1);
}
