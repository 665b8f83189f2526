//! Test databases, from the side of a test.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use wh_testkit::TestDatabase;

async fn databases_named(client: &tokio_postgres::Client, name: &str) -> i64 {
    let count = "SELECT count(*) FROM pg_database WHERE datname = $1";
    client.query_one(count, &[&name]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_new_database_has_every_migration_applied() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    let row = client.query_one("SELECT version, dirty FROM schema_migrations", &[]).await.unwrap();
    let newest = wh_schema::migrations::all().iter().map(|migration| migration.version).max().unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, bool>(1)), (newest, false));
}

#[tokio::test]
async fn an_empty_database_has_no_table() {
    let database = TestDatabase::empty().await;
    let count = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let tables: i64 = database.client().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn two_databases_share_nothing() {
    let (one, other) = tokio::join!(TestDatabase::new(), TestDatabase::new());
    assert_ne!(one.name(), other.name());
    one.execute("CREATE TABLE only_here (id int)").await;
    let found =
        other.client().await.query_opt("SELECT 1 FROM pg_class WHERE relname = 'only_here'", &[]).await;
    assert!(found.unwrap().is_none());
}

#[tokio::test]
async fn a_dropped_database_is_gone_at_once_even_with_a_connection_in_it() {
    let witness = TestDatabase::empty().await;
    let look = witness.client().await;
    let database = TestDatabase::new().await;
    let name = database.name().to_owned();
    let connected = database.client().await;
    assert_eq!(databases_named(&look, &name).await, 1);
    drop(database);
    assert_eq!(databases_named(&look, &name).await, 0);
    assert!(connected.batch_execute("SELECT 1").await.is_err());
}

#[test]
fn a_panicking_test_leaves_no_database() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let outcome = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = TestDatabase::new().await;
            sender.send(database.name().to_owned()).unwrap();
            panic!("as a failing test does");
        })
    });
    outcome.join().unwrap_err();
    let name = receiver.recv().unwrap();
    runtime.block_on(async {
        let witness = TestDatabase::empty().await;
        assert_eq!(databases_named(&witness.client().await, &name).await, 0);
    });
}

#[tokio::test]
async fn a_database_of_a_dead_process_is_swept() {
    let witness = TestDatabase::empty().await;
    let look = witness.client().await;
    // The same machine, and a process id that none can have.
    let machine = witness.name().rsplitn(3, '_').nth(2).unwrap().to_owned();
    let left = format!("{machine}_2147483647_0badc0de");
    look.batch_execute(&format!("DROP DATABASE IF EXISTS {left}")).await.unwrap();
    look.batch_execute(&format!("CREATE DATABASE {left} STRATEGY FILE_COPY")).await.unwrap();

    // Another test process: this binary again, with one quick test.
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_empty_database_has_no_table"])
        .env("DATABASE_URL", witness.url())
        .status();
    assert!(status.unwrap().success());
    assert_eq!(databases_named(&look, &left).await, 0);
}

#[tokio::test]
async fn a_filled_database_is_filled_once_and_copied_for_each_test() {
    let fill = "CREATE TABLE filled AS SELECT clock_timestamp()::text AS at; SELECT 1";
    let (one, other) = tokio::join!(TestDatabase::filled(fill), TestDatabase::filled(fill));
    assert_ne!(one.name(), other.name());
    let read = async |database: &TestDatabase| -> Vec<String> {
        let rows = database.client().await.query("SELECT at FROM filled", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    one.execute("INSERT INTO filled VALUES ('mine')").await;
    let (mine, theirs) = (read(&one).await, read(&other).await);
    assert_eq!(theirs.len(), 1);
    assert_eq!(mine, [theirs[0].as_str(), "mine"]);
    other.execute("SELECT id FROM users").await;
}
