//! What several of these tests need.

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tokio_postgres::Client;
use wh_schema::migrations::{self, Migration, MigrationError, Migrator, Report, Target};
use wh_testkit::TestDatabase;

/// One row in every table, as they are after migration 0003.
pub(crate) const ONE_ROW_EACH: &str = include_str!("one_row_each.sql");

pub(crate) async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    AsyncPgConnection::establish(database.url()).await.unwrap()
}

pub(crate) async fn migrate(database: &TestDatabase, target: Target) -> Result<Report, MigrationError> {
    migrations::migrate(connect(database).await, target, |_| ()).await
}

/// A database of today with one row in every table, most of them from before 0004.
pub(crate) async fn with_rows() -> TestDatabase {
    let database = TestDatabase::empty().await;
    migrate(&database, Target::Version(3)).await.unwrap();
    let client = database.client().await;
    client.batch_execute(ONE_ROW_EACH).await.unwrap();
    migrate(&database, Target::Latest).await.unwrap();
    let line = "insert into runtime_logs (app_id, worker_id, stream, line) values (1, 1, 'stderr', 'up')";
    client.batch_execute(line).await.unwrap();
    let key = "insert into encryption_keys (key_id, forms) values ('00112233aabbccdd', '{v1,v2}')";
    client.batch_execute(key).await.unwrap();
    database
}

pub(crate) async fn run(database: &TestDatabase, migrations: &[Migration]) -> Result<Report, MigrationError> {
    let migrator = Migrator::with_migrations(migrations.to_vec());
    migrator.migrate(connect(database).await, Target::Latest, |_| ()).await
}

pub(crate) const fn migration(version: i64, up: &'static str) -> Migration {
    Migration { version, slug: "test", up, down: "select 1", check: None }
}

/// The rows of a query as JSON, one line each.
pub(crate) async fn lines(client: &Client, query: &str) -> Vec<String> {
    let query = format!("select to_jsonb(line)::text from ({query}) line");
    let rows = client.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The ledger as golang-migrate would read it.
pub(crate) async fn ledger(client: &Client) -> Option<(i64, bool)> {
    let row = client.query_opt("select version, dirty from schema_migrations", &[]).await.unwrap();
    row.map(|row| (row.get(0), row.get(1)))
}

/// The constraint that refuses a statement.
pub(crate) async fn refused_by(client: &Client, statement: &str) -> String {
    let error = client.batch_execute(statement).await.unwrap_err();
    let error = error.as_db_error().unwrap();
    error.constraint().unwrap_or_else(|| error.message()).to_owned()
}
