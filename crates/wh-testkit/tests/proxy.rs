//! The proxy, from the side of a client.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};
use wh_testkit::{Proxy, TestDatabase, eventually};

struct Line {
    proxy: Proxy,
    client: Client,
    database: TestDatabase,
}

async fn connect(proxy: &Proxy) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(proxy.url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn line() -> Line {
    let database = TestDatabase::empty().await;
    database.execute("CREATE TABLE seen (id int)").await;
    let proxy = Proxy::start(database.url()).await;
    let client = connect(&proxy).await.unwrap();
    Line { proxy, client, database }
}

async fn rows(database: &TestDatabase) -> i64 {
    database.client().await.query_one("SELECT count(*) FROM seen", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn one_query_is_one_round_trip_and_its_preparation_is_counted_apart() {
    let Line { proxy, client, database: _database } = line().await;
    assert_eq!((proxy.round_trips(), proxy.preparations(), proxy.connections()), (0, 0, 1));
    let statement = client.prepare("SELECT 1").await.unwrap();
    assert_eq!((proxy.round_trips(), proxy.preparations()), (0, 1));
    client.query(&statement, &[]).await.unwrap();
    client.batch_execute("SELECT 1; SELECT 2").await.unwrap();
    assert_eq!((proxy.round_trips(), proxy.preparations()), (2, 1));
    proxy.reset_counts();
    assert_eq!((proxy.round_trips(), proxy.preparations()), (0, 0));
}

#[tokio::test]
async fn a_pipelined_pair_is_one_round_trip_and_a_sequence_is_two() {
    let Line { proxy, client, database: _database } = line().await;
    let statement = client.prepare("SELECT 1").await.unwrap();
    for _ in 0..20 {
        proxy.reset_counts();
        tokio::try_join!(client.query(&statement, &[]), client.query(&statement, &[])).unwrap();
        assert_eq!(proxy.round_trips(), 1);
    }
    proxy.reset_counts();
    client.query(&statement, &[]).await.unwrap();
    client.query(&statement, &[]).await.unwrap();
    assert_eq!(proxy.round_trips(), 2);
}

#[tokio::test]
async fn large_answers_pass_unharmed() {
    let Line { proxy, client, database: _database } = line().await;
    let row = client.query_one("SELECT repeat('x', 3000000)", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0).len(), 3_000_000);
    let rows = client.query("SELECT generate_series(1, 20000)", &[]).await.unwrap();
    assert_eq!(rows.len(), 20_000);
    assert_eq!((proxy.round_trips(), proxy.preparations()), (2, 2));
}

#[tokio::test]
async fn a_delay_is_felt_by_every_answer() {
    let Line { proxy, client, database: _database } = line().await;
    proxy.delay(Duration::from_millis(80));
    let begin = Instant::now();
    client.batch_execute("SELECT 1").await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(160));
}

#[tokio::test]
async fn a_held_answer_arrives_when_it_is_let_go() {
    let Line { proxy, client, database } = line().await;
    proxy.hold(true);
    let insert = client.batch_execute("INSERT INTO seen VALUES (1)");
    tokio::pin!(insert);
    let done = async {
        while rows(&database).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = &mut insert => panic!("its answer is held"),
        () = done => {}
    }
    proxy.hold(false);
    insert.await.unwrap();
}

#[tokio::test]
async fn a_cut_or_reset_connection_is_dead_and_a_new_one_works() {
    let Line { proxy, client, database: _database } = line().await;
    proxy.cut();
    assert_eq!(proxy.open_connections(), 0);
    client.batch_execute("SELECT 1").await.unwrap_err();
    let second = connect(&proxy).await.unwrap();
    proxy.reset();
    second.batch_execute("SELECT 1").await.unwrap_err();
    let third = connect(&proxy).await.unwrap();
    third.batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn the_server_hears_of_a_cut_connection() {
    let Line { proxy, client, database } = line().await;
    client.batch_execute("BEGIN; INSERT INTO seen VALUES (1)").await.unwrap();
    let watcher = database.client().await;
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(watcher.query_one(others, &[]).await.unwrap().get::<_, i64>(0), 1);
    proxy.cut();
    eventually("the backend is gone", async || {
        watcher.query_one(others, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn a_refused_client_cannot_log_in_until_it_is_let_in() {
    let Line { proxy, client, database: _database } = line().await;
    proxy.refuse(true);
    connect(&proxy).await.unwrap_err();
    client.batch_execute("SELECT 1").await.unwrap();
    proxy.refuse(false);
    connect(&proxy).await.unwrap();
}

#[tokio::test]
async fn a_hung_connection_is_silent_for_good_and_new_ones_work_after() {
    let Line { proxy, client, database: _database } = line().await;
    proxy.hang(true);
    let patience = Duration::from_millis(100);
    tokio::time::timeout(patience, client.batch_execute("SELECT 1")).await.unwrap_err();
    assert!(tokio::time::timeout(patience, connect(&proxy)).await.is_err());
    proxy.hang(false);
    tokio::time::timeout(patience, client.batch_execute("SELECT 1")).await.unwrap_err();
    connect(&proxy).await.unwrap().batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_swallowed_answer_leaves_the_work_done_and_the_client_in_doubt() {
    let Line { proxy, client, database } = line().await;
    client.batch_execute("BEGIN; INSERT INTO seen VALUES (1)").await.unwrap();
    assert_eq!(rows(&database).await, 0);
    proxy.swallow_next_answer();
    client.batch_execute("COMMIT").await.unwrap_err();
    assert_eq!(rows(&database).await, 1);
    connect(&proxy).await.unwrap().batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn the_second_answer_from_now_is_swallowed_and_not_the_first() {
    let Line { proxy, client, database } = line().await;
    proxy.swallow_answer(2);
    // Preparing does not count.
    let insert = client.prepare("INSERT INTO seen VALUES (2)").await.unwrap();
    client.execute(&insert, &[]).await.unwrap();
    assert!(!proxy.has_swallowed());
    client.execute(&insert, &[]).await.unwrap_err();
    assert!(proxy.has_swallowed());
    assert_eq!(rows(&database).await, 2);
}

#[tokio::test]
async fn notices_are_kept_for_the_test() {
    let Line { proxy, client, database: _database } = line().await;
    client.batch_execute("DO $$ BEGIN RAISE NOTICE 'half-way'; RAISE WARNING 'läuft'; END $$").await.unwrap();
    assert_eq!(proxy.take_notices(), ["half-way", "läuft"]);
    assert_eq!(proxy.take_notices(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cancellation_passes_and_is_counted() {
    let Line { proxy, client, database: _database } = line().await;
    let token = client.cancel_token();
    let sleep = client.batch_execute("SELECT pg_sleep(600)");
    let cancel = async {
        // Repeated, because the first one may come before the query.
        loop {
            token.cancel_query(NoTls).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        slept = sleep => assert!(slept.unwrap_err().as_db_error().unwrap().message().contains("cancel")),
        () = cancel => unreachable!("it has no end"),
    }
    assert!(proxy.cancellations() >= 1);
}

#[tokio::test]
async fn a_copy_is_two_round_trips() {
    use futures_util::SinkExt;
    let Line { proxy, client, database } = line().await;
    let statement = client.prepare("COPY seen FROM STDIN").await.unwrap();
    proxy.reset_counts();
    let sink = client.copy_in::<_, &[u8]>(&statement).await.unwrap();
    tokio::pin!(sink);
    sink.send(b"1\n2\n").await.unwrap();
    assert_eq!(sink.finish().await.unwrap(), 2);
    assert_eq!(proxy.round_trips(), 2);
    assert_eq!(rows(&database).await, 2);
}
