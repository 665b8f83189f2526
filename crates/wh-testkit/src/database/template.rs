//! The database that all test databases are copies of.

use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tokio_postgres::Client;
use wh_schema::migrations;

use super::{connection::describe, names};
use crate::address;

/// The lock that one process at a time makes templates under; any number will do, if nothing else uses it.
const LOCK: i64 = 0x7768_7465_6d70_6c61;

/// Makes the template for the embedded migrations, unless it is there, and returns its name.
///
/// It is marked as a template, and closed to connections, once it is complete: a run that was killed in the middle leaves
/// an unmarked one, which the next run makes anew.
pub(super) async fn ensure(client: &Client, url: &str) -> Result<String, String> {
    let name = names::template();
    once(client, LOCK, &name, || make(client, url, &name)).await?;
    Ok(name)
}

/// Has the template `name` made by one process of all that ask at the same time, unless it is there.
pub(super) async fn once<F>(
    client: &Client,
    lock: i64,
    name: &str,
    make: impl Fn() -> F,
) -> Result<(), String>
where
    F: Future<Output = Result<(), String>>,
{
    if is_ready(client, name).await? {
        return Ok(());
    }
    run(client, &format!("SELECT pg_advisory_lock({lock})")).await?;
    let outcome = if is_ready(client, name).await? { Ok(()) } else { make().await };
    run(client, &format!("SELECT pg_advisory_unlock({lock})")).await?;
    outcome
}

async fn is_ready(client: &Client, name: &str) -> Result<bool, String> {
    let sql = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate AND NOT datallowconn";
    client.query_opt(sql, &[&name]).await.map(|row| row.is_some()).map_err(|error| describe(&error))
}

async fn make(client: &Client, url: &str, name: &str) -> Result<(), String> {
    begin(client, name, "template0").await?;
    try_migrate(&address::with_database(url, name)).await?;
    finish(client, name).await
}

/// Applies all migrations to the database of `url`: for servers that a test starts by itself.
///
/// # Panics
/// If it cannot be connected to, or a migration fails: a test cannot go on then.
#[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
pub async fn migrate(url: &str) {
    if let Err(why) = try_migrate(url).await {
        panic!("the database of this test could not be migrated: {why}");
    }
}

async fn try_migrate(url: &str) -> Result<(), String> {
    let conn = AsyncPgConnection::establish(url).await.map_err(|error| error.to_string())?;
    let done = migrations::migrate(conn, migrations::Target::Latest, |_| {}).await;
    done.map(drop).map_err(|error| error.to_string())
}

/// Makes the database that is to be a template, and drops what an earlier run may have left of it.
pub(super) async fn begin(client: &Client, name: &str, from: &str) -> Result<(), String> {
    run(client, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    run(client, &format!("CREATE DATABASE {name} TEMPLATE {from} STRATEGY FILE_COPY")).await
}

/// Closes the database, and marks it as complete.
pub(super) async fn finish(client: &Client, name: &str) -> Result<(), String> {
    wait_until_left(client, name).await?;
    run(client, &format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")).await
}

pub(super) async fn run(client: &Client, sql: &str) -> Result<(), String> {
    client.batch_execute(sql).await.map_err(|error| describe(&error))
}

/// A database that somebody is connected to cannot be copied, and a backend ends a moment after its client.
async fn wait_until_left(client: &Client, name: &str) -> Result<(), String> {
    let begin = Instant::now();
    let sql = "SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1";
    while client.query_opt(sql, &[&name]).await.map_err(|error| describe(&error))?.is_some() {
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("somebody stays connected to the new template {name}"));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
