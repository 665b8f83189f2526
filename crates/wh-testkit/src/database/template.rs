//! The database that all test databases are copies of.

use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tokio_postgres::Client;
use wh_schema::migrations;

use super::{keeper::describe, names};
use crate::address;

/// The lock that one process at a time makes templates under; any number will do, if nothing else uses it.
const LOCK: i64 = 0x7768_7465_6d70_6c61;

/// Makes the template for the embedded migrations, unless it is there, and returns its name.
///
/// It is marked as a template, and closed to connections, once it is complete: a run that was killed in the middle leaves
/// an unmarked one, which the next run makes anew.
pub(super) async fn ensure(client: &Client, url: &str) -> Result<String, String> {
    let name = names::template();
    if is_ready(client, &name).await? {
        return Ok(name);
    }
    let statement =
        |sql: String| async move { client.batch_execute(&sql).await.map_err(|error| describe(&error)) };
    statement(format!("SELECT pg_advisory_lock({LOCK})")).await?;
    let made = if is_ready(client, &name).await? { Ok(()) } else { make(client, url, &name).await };
    statement(format!("SELECT pg_advisory_unlock({LOCK})")).await?;
    made.map(|()| name)
}

async fn is_ready(client: &Client, name: &str) -> Result<bool, String> {
    let sql = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate AND NOT datallowconn";
    client.query_opt(sql, &[&name]).await.map(|row| row.is_some()).map_err(|error| describe(&error))
}

async fn make(client: &Client, url: &str, name: &str) -> Result<(), String> {
    let statement =
        |sql: String| async move { client.batch_execute(&sql).await.map_err(|error| describe(&error)) };
    statement(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    statement(format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY")).await?;
    let conn = AsyncPgConnection::establish(&address::with_database(url, name))
        .await
        .map_err(|error| error.to_string())?;
    migrations::migrate(conn, migrations::Target::Latest, |_| {}).await.map_err(|error| error.to_string())?;
    wait_until_left(client, name).await?;
    statement(format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")).await
}

/// A database that somebody is connected to cannot be copied, and a backend ends a moment after its client.
async fn wait_until_left(client: &Client, name: &str) -> Result<(), String> {
    let begin = Instant::now();
    let sql = "SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1";
    while client.query_opt(sql, &[&name]).await.map_err(|error| describe(&error))?.is_some() {
        if begin.elapsed() > Duration::from_secs(10) {
            return Err(format!("somebody stays connected to the new template {name}"));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
