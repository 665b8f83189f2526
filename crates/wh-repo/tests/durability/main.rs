//! An operation has happened when the server says so, and not before: commits that take long, crashes, a standby that must
//! confirm, a server that froze. Each test has a cluster of its own, with the durability of production.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

mod commits;
mod freezes;

use secrecy::SecretString;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{Database, DatabaseSettings};
use wh_testkit::{DurableServer, eventually, migrate, with_database};

/// Runs a check on the machine's Postgres, and on the pinned one where it can be had.
async fn each(settings: &str, check: impl AsyncFn(&DurableServer)) {
    check(&DurableServer::start(settings)).await;
    if let Some(pinned) = DurableServer::pinned(settings) {
        check(&pinned).await;
    }
}

/// A migrated database of the cluster.
async fn database(server: &DurableServer) -> String {
    server.execute("CREATE DATABASE wh");
    let url = with_database(&server.url(), "wh");
    migrate(&url).await;
    url
}

async fn open(settings: DatabaseSettings) -> Database {
    let keys = KeyRing::new(&"a server secret for tests".into(), &[]).unwrap();
    Database::connect(settings, keys, Plans::new()).await.unwrap()
}

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings::new(SecretString::from(url)).with_connections(2)
}

/// The first value that a statement gives, on a connection of its own.
async fn value(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(sql).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
    let value = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    value.unwrap_or_default().to_owned()
}
