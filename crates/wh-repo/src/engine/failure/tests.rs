//! The texts of the table, from the server or pooler that says them. PgBouncer's others are in its `src/janitor.c`, `objects.c` and
//! `client.c`, and older versions say "pgbouncer cannot connect to server".

use std::time::Duration;

use diesel::result::Error as Diesel;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::task::JoinHandle;
use wh_testkit::{DurableServer, PgBouncer, PoolMode, TestDatabase};

use super::texts::{Meaning, TEXTS, meaning};
use super::{classify, lost_connection, must_bury, told};
use crate::error::{Error, Reason};

async fn open(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

async fn failure(connection: &mut AsyncPgConnection, sql: &str) -> Diesel {
    match connection.batch_execute(sql).await {
        Ok(()) => unreachable!("{sql} has no error"),
        Err(error) => error,
    }
}

/// Sends a statement that will fail, and goes on.
async fn send(url: &str, sql: &'static str) -> JoinHandle<Diesel> {
    let mut connection = open(url).await;
    tokio::spawn(async move { failure(&mut connection, sql).await })
}

/// Checks what a failure means, and which row of the table it was.
fn means(error: &Diesel, row: &str, expected: Meaning) {
    let Diesel::DatabaseError(_, info) = error else { unreachable!("{error:?}") };
    assert!(info.message().contains(row), "{:?} is not {row:?}", info.message());
    assert_eq!(meaning(info.message()), Some(expected), "{}", info.message());
    assert_eq!(told(error), Some(expected));
}

/// A pooler says why, and closes the connection at once. The driver sometimes sees only the end of the connection.
fn told_or_cut_off(error: &Diesel, row: &str, expected: Meaning) {
    let Diesel::DatabaseError(_, info) = error else { unreachable!("{error:?}") };
    if info.message().contains(row) {
        means(error, row, expected);
        assert!(must_bury(error) || lost_connection(error), "{error:?}");
    } else {
        assert!(lost_connection(error), "{error:?}");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn pid(url: &str, sql: &str) -> i32 {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    loop {
        let rows = client
            .query("SELECT pid FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()", &[&sql])
            .await
            .unwrap();
        if let Some(row) = rows.first() {
            return row.get(0);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says() {
    let postgres = TestDatabase::empty().await;
    let (mut a, mut b) = (open(postgres.url()).await, open(postgres.url()).await);
    a.batch_execute("CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1), (2)").await.unwrap();

    let error = failure(&mut a, "SET statement_timeout = 20; SELECT pg_sleep(30)").await;
    means(&error, "canceling statement due to statement timeout", Meaning::StatementTimeout);
    a.batch_execute("RESET statement_timeout; BEGIN; LOCK TABLE t").await.unwrap();
    let error = failure(&mut b, "SET lock_timeout = 20; TABLE t").await;
    means(&error, "canceling statement due to lock timeout", Meaning::LockTimeout);
    a.batch_execute("ROLLBACK").await.unwrap();
    b.batch_execute("RESET lock_timeout").await.unwrap();

    for (sql, ending, row, expected) in [
        (
            "SELECT pg_sleep(31)",
            "pg_cancel_backend",
            "canceling statement due to user request",
            Meaning::Cancelled,
        ),
        ("SELECT pg_sleep(32)", "pg_terminate_backend", "terminating connection", Meaning::Lost),
    ] {
        let sent = send(postgres.url(), sql).await;
        let pid = pid(postgres.url(), sql).await;
        a.batch_execute(&format!("SELECT {ending}({pid})")).await.unwrap();
        let error = sent.await.unwrap();
        means(&error, row, expected);
        assert_eq!(lost_connection(&error), expected == Meaning::Lost);
    }

    a.batch_execute("BEGIN; UPDATE t SET n = n WHERE n = 1").await.unwrap();
    b.batch_execute("BEGIN; UPDATE t SET n = n WHERE n = 2").await.unwrap();
    let outcomes = tokio::join!(
        a.batch_execute("UPDATE t SET n = n WHERE n = 2"),
        b.batch_execute("UPDATE t SET n = n WHERE n = 1")
    );
    let error = outcomes.0.err().or(outcomes.1.err()).unwrap();
    means(&error, "deadlock detected", Meaning::Deadlock);
    drop((a, b));

    let mut c = open(postgres.url()).await;
    let error = failure(&mut c, "COPY t TO '/dev/full'").await;
    means(&error, "No space left on device", Meaning::Passing);
    let error = failure(&mut c, "SELECT convert_from('\\x00'::bytea, 'UTF8')").await;
    means(&error, "invalid byte sequence for encoding", Meaning::NoText);
    c.batch_execute("PREPARE p AS TABLE t; EXECUTE p; ALTER TABLE t ADD COLUMN x text").await.unwrap();
    let error = failure(&mut c, "EXECUTE p").await;
    means(&error, "cached plan must not change result type", Meaning::StalePlan);
    assert!(must_bury(&error));
    let error = failure(&mut c, "TABLE nowhere").await;
    let Meaning::Misconfigured(remedy) = meaning("relation \"x\" does not exist").unwrap() else {
        unreachable!()
    };
    means(&error, "does not exist", Meaning::Misconfigured(remedy));
    let error = failure(&mut c, "SET ROLE pg_monitor; TABLE t").await;
    let Meaning::Misconfigured(remedy) = meaning("permission denied").unwrap() else { unreachable!() };
    means(&error, "permission denied", Meaning::Misconfigured(remedy));
    let error = classify("users.find", Duration::ZERO, error);
    assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_in_need_says() {
    let primary = blocking(|| {
        DurableServer::start(
            "max_connections = 20\nsuperuser_reserved_connections = 2\nmax_locks_per_transaction = 10",
        )
    })
    .await;
    let url = primary.url();
    let mut a = open(&url).await;
    let error = failure(&mut a, "SELECT pg_advisory_xact_lock(n) FROM generate_series(1, 100000) AS n").await;
    means(&error, "out of shared memory", Meaning::Passing);
    a.batch_execute("CREATE TABLE t (n int); CREATE ROLE ada LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
        .await
        .unwrap();

    let primary = blocking(move || {
        let standby = primary.standby("s1", "max_standby_streaming_delay = 0");
        standby.catch_up(&primary);
        (primary, standby)
    });
    let (primary, standby) = primary.await;
    let mut c = open(&standby.url()).await;
    let error = failure(&mut c, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await;
    means(&error, "cannot set transaction read-write mode during recovery", Meaning::ReadOnly);
    let error = failure(&mut c, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await;
    assert_eq!(told(&error), Some(Meaning::ReadOnly), "{error}");
    let error = failure(&mut c, "INSERT INTO t VALUES (1)").await;
    assert_eq!(told(&error), Some(Meaning::ReadOnly), "{error}");
    assert!(must_bury(&error));
    let error = failure(&mut c, "SELECT pg_current_wal_lsn()").await;
    means(&error, "recovery is in progress", Meaning::ReadOnly);

    let sql = "SELECT count(*), pg_sleep(30) FROM t";
    let sent = send(&standby.url(), sql).await;
    pid(&standby.url(), sql).await;
    a.batch_execute("DROP TABLE t").await.unwrap();
    means(&sent.await.unwrap(), "canceling statement due to conflict with recovery", Meaning::Passing);
    drop((c, standby));

    // Said while connecting; a pooler hands them on as the answer to a statement.
    for (row, many, user) in [
        ("too many connections for", 0, "ada:x"),
        ("remaining connection slots are reserved", 25, "grace:x"),
        ("too many clients already", 25, ""),
    ] {
        if !user.is_empty() {
            drop(a.batch_execute("CREATE ROLE grace LOGIN PASSWORD 'x'").await);
        }
        let mut held = Vec::new();
        let mut said = String::new();
        for _ in 0..=many {
            let config: tokio_postgres::Config = url.parse().unwrap();
            let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
            let url = if user.is_empty() {
                url.clone()
            } else {
                url.replace(&format!("postgres:{password}"), user)
            };
            match tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
                Ok(pair) => held.push(pair),
                Err(error) => {
                    said = error.as_db_error().unwrap().message().to_owned();
                    break;
                }
            }
        }
        assert!(said.contains(row), "{said:?} is not {row:?}");
        assert_eq!(meaning(&said), Some(Meaning::Passing), "{said}");
    }
    drop(primary);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pooler_says() {
    let server = blocking(|| DurableServer::start("")).await;
    let url = server.url();
    let pooler = |settings: &'static str| {
        let url = url.clone();
        blocking(move || {
            PgBouncer::since(
                (1, 21),
                &url,
                PoolMode::Transaction,
                &format!("default_pool_size = 1\n{settings}"),
            )
        })
    };
    let Some(waits) = pooler("query_wait_timeout = 1").await else { return };
    let mut holder = open(&waits.url()).await;
    let mut second = open(&waits.url()).await;
    holder.batch_execute("BEGIN").await.unwrap();
    let error = failure(&mut second, "SELECT 1").await;
    told_or_cut_off(&error, "query_wait_timeout", Meaning::Unserved);
    drop((holder, second, waits));

    let crashes = pooler("").await.unwrap();
    let sql = "SELECT pg_sleep(33)";
    let sent = send(&crashes.url(), sql).await;
    let pid = pid(&url, sql).await;
    let server = blocking(move || {
        server.kill_backend(pid);
        server
    })
    .await;
    let error = sent.await.unwrap();
    told_or_cut_off(&error, "server conn crashed?", Meaning::Lost);
    drop(crashes);

    drop(server);
}

#[test]
fn what_a_pooler_quotes_of_its_server_does_not_count() {
    let quoting =
        "server login has been failing, cached error: database \"shop\" does not exist (server_login_retry)";
    assert_eq!(meaning(quoting), Some(Meaning::Unserved));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_told_apart() {
    let postgres = TestDatabase::new().await;
    let mut conn = open(postgres.url()).await;
    let missing = [
        ("TABLE nowhere", "migrate"),
        ("SELECT nothing FROM users", "migrate"),
        ("SELECT nothing()", "migrate"),
        ("SELECT 1 @@@ 2", "migrate"),
        ("ALTER DATABASE nowhere SET work_mem = '1MB'", "database.name"),
        ("SET ROLE nobody", "database.user"),
    ];
    for (statement, remedy) in missing {
        let error = failure(&mut conn, statement).await;
        let error = classify("users.find", Duration::ZERO, error);
        assert!(matches!(error, Error::Misconfigured { .. }), "{statement}: {error:?}");
        assert!(error.to_string().contains(remedy), "{statement}: {error}");
    }
}

#[test]
fn the_first_row_that_fits_is_the_right_one() {
    for (at, (text, meaning_of)) in TEXTS.iter().enumerate() {
        let first = TEXTS.iter().position(|(part, _)| text.contains(part)).unwrap();
        assert!(first == at || TEXTS[first].1 == *meaning_of, "{text} is hidden by {}", TEXTS[first].0);
    }
    assert_eq!(meaning("something else"), None);
}

#[test]
fn only_statements_of_the_driver_are_taken_for_a_poolers_fault() {
    for ours in ["prepared statement \"s0\" does not exist", "prepared statement \"s417\" already exists"] {
        let error = classify(
            "users.find",
            Duration::ZERO,
            Diesel::DatabaseError(diesel::result::DatabaseErrorKind::Unknown, Box::new(ours.to_owned())),
        );
        let message = error.to_string();
        assert!(message.contains("1.21") && message.contains("max_prepared_statements"), "{message}");
    }
    for others in ["prepared statement \"sx\" already exists", "prepared statement \"s\" already exists"] {
        assert_ne!(meaning(others), Some(Meaning::Misconfigured(super::NO_STATEMENTS.1)), "{others}");
    }
}

#[test]
fn a_lock_that_was_not_granted_is_told_by_its_type() {
    let error = Diesel::DatabaseError(
        diesel::result::DatabaseErrorKind::Unknown,
        Box::new("canceling statement due to lock timeout".to_owned()),
    );
    assert!(matches!(
        classify("maintenance.run", Duration::ZERO, error),
        Error::Unavailable { reason: Reason::LockTimeout, .. }
    ));
}
