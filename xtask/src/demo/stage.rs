//! The database of one run, and connections to it on which round trips are counted.

use std::time::Duration;

use secrecy::SecretString;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use wh_data::DataLayer;
use wh_data::crypto::KeyRing;
use wh_data::plans::Plans;
use wh_data::repo::DatabaseSettings;
use wh_testkit::Proxy;

use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// A new database on the stack's server.
pub(super) struct Database {
    server: String,
    name: String,
    url: String,
    /// Drops the database when a signal ends the command.
    cleanup: interrupt::Cleanup,
}

impl Database {
    pub(super) async fn create(server: &str) -> Outcome<Self> {
        let name = format!("wh_demo_{}", Uuid::new_v4().simple());
        let url = wh_testkit::with_database(server, &name);
        connect(server).await?.batch_execute(&format!("CREATE DATABASE {name}")).await.map_err(refused)?;
        let cleanup = interrupt::on_signal({
            let (server, name) = (server.to_owned(), name.clone());
            move || drop_from_outside(&server, &name)
        });
        Ok(Self { server: server.to_owned(), name, url, cleanup })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A plain connection, past the data layer.
    pub(super) async fn client(&self) -> Outcome<Client> {
        connect(&self.url).await
    }

    /// Leaves the database where it is.
    pub(super) fn keep(self) -> String {
        self.cleanup.forget();
        self.url
    }

    pub(super) async fn drop_it(self) {
        drop_database(&self.server, &self.name).await;
        self.cleanup.forget();
    }
}

async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(refused)?;
    tokio::spawn(connection);
    Ok(client)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(error: tokio_postgres::Error) -> Failure {
    let reason = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    Failure::new(format!("Postgres refused: {reason}"))
}

async fn drop_database(server: &str, name: &str) {
    if let Ok(client) = connect(server).await {
        let dropped = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        if let Err(error) = dropped {
            note!("the database {name} could not be dropped: {error}");
        }
    }
}

/// The same from a thread that has no runtime.
fn drop_from_outside(server: &str, name: &str) {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(drop_database(server, name));
    }
}

/// One process of the platform: a data layer of its own, on a wire that counts.
pub(super) struct Process {
    pub(super) data: DataLayer,
    wire: Proxy,
}

/// What something cost.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) time: Duration,
    pub(super) round_trips: u64,
    pub(super) preparations: u64,
}

impl Process {
    /// Connects through a proxy. The first to do so migrates.
    pub(super) async fn start(database: &Database, secret: &SecretString) -> Outcome<Self> {
        let wire = Proxy::start(database.url()).await;
        let keys = KeyRing::new(secret, &[]).map_err(|error| Failure::new(error.to_string()))?;
        let settings = DatabaseSettings {
            // What is heard is not counted.
            direct_url: Some(database.url().into()),
            ..DatabaseSettings::new(wire.url().into()).with_connections(1)
        };
        let data = DataLayer::open(settings, keys, Plans::new())
            .await
            .map_err(|error| Failure::new(error.to_string()))?;
        // The pool opens its connection with the first use; what follows is counted without that.
        data.db().workers().list().await.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { data, wire })
    }

    /// Runs something and tells what it cost. One at a time: the wire does not know who sends.
    pub(super) async fn cost<R>(&self, work: impl Future<Output = R>) -> (R, Cost) {
        self.wire.reset_counts();
        let begun = std::time::Instant::now();
        let result = work.await;
        let cost = Cost {
            time: begun.elapsed(),
            round_trips: self.wire.round_trips(),
            preparations: self.wire.preparations(),
        };
        (result, cost)
    }
}
