//! A database of a test and ways to it.

use std::time::Duration;

use secrecy::SecretString;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::{ConnectError, Connector, Database, DatabaseSettings, GoogleProfile};
use wh_testkit::TestDatabase;

pub(crate) use wh_testkit::eventually;

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(&"a server secret for tests".into(), &[]).unwrap()
}

pub(crate) fn settings(url: &str, connections: u32) -> DatabaseSettings {
    let patient = Duration::from_secs(30);
    DatabaseSettings {
        acquire_timeout: patient,
        connect_timeout: patient,
        ..DatabaseSettings::new(SecretString::from(url)).with_connections(connections)
    }
}

pub(crate) async fn connect(settings: DatabaseSettings) -> Result<Database, ConnectError> {
    Database::connect(settings, keys(), Plans::new()).await
}

pub(crate) async fn open(url: &str, connections: u32) -> Database {
    connect(settings(url, connections)).await.unwrap()
}

pub(crate) fn lazy(settings: DatabaseSettings) -> Database {
    Database::lazy(Connector::new(settings).unwrap(), keys(), Plans::new())
}

pub(crate) fn profile(who: &str) -> GoogleProfile {
    GoogleProfile {
        google_id: format!("google-{who}"),
        email: format!("{who}@example.org"),
        name: who.to_owned(),
        avatar_url: String::new(),
    }
}

/// The first value that a statement gives, as text; empty where it gives none.
pub(crate) async fn value(client: &tokio_postgres::Client, sql: &str) -> String {
    let messages = client.simple_query(sql).await.unwrap();
    let value = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    value.unwrap_or_default().to_owned()
}

/// A role that is no superuser and may do everything with the tables. It goes with this value.
pub(crate) struct Role {
    pub(crate) name: String,
    /// The database as this role.
    pub(crate) url: String,
    admin: String,
}

impl Role {
    pub(crate) async fn new(postgres: &TestDatabase, attributes: &str) -> Self {
        let name = format!("{}_role", postgres.name());
        postgres
            .execute(&format!(
                "CREATE ROLE {name} LOGIN PASSWORD 'geheim' {attributes}; \
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}; \
                 GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}"
            ))
            .await;
        let config: tokio_postgres::Config = postgres.url().parse().unwrap();
        let tokio_postgres::config::Host::Tcp(host) = config.get_hosts().first().unwrap() else {
            unreachable!("the stack listens on TCP")
        };
        let url = format!(
            "postgres://{name}:geheim@{host}:{}/{}?sslmode=disable",
            config.get_ports().first().unwrap(),
            postgres.name()
        );
        Self { name, url, admin: postgres.url().to_owned() }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let (name, admin) = (self.name.clone(), self.admin.clone());
        // A runtime of its own: the one of the test cannot be waited for here.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&admin, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                let end = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'; \
                     DROP OWNED BY {name}; DROP ROLE {name}"
                );
                drop(client.batch_execute(&end).await);
            });
        });
        drop(dropped.join());
    }
}
