//! A database for one test.

mod connection;
mod filled;
mod keeper;
mod names;
mod server;
mod template;

use std::{sync::mpsc, time::Duration};

use tokio::sync::oneshot;
use tokio_postgres::Client;

use crate::address;
use keeper::{Job, Origin};
pub use template::migrate;

/// A database that belongs to one test, on the server that [`stack`](wh_stack) finds. It is dropped with this value, also
/// when the test panics; whoever is connected then is thrown out.
///
/// Making and dropping one takes some 40 ms together. They are copies of one template, which the first test that needs it
/// migrates; its name holds the fingerprint of the migrations, so that a change makes another one.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// A database with all migrations applied.
    ///
    /// # Panics
    /// If there is no server, it refuses, or a migration fails: a test cannot go on then.
    pub async fn new() -> Self {
        Self::create(Origin::Template).await
    }

    /// A database with all migrations applied, and with what the statements of `fill` put into it, vacuumed and analysed.
    /// For what takes long to make: it is made once for all processes, by the first test that asks, and copied from then on.
    /// The copies are made from a template whose name holds the fingerprints of migrations and statements, and which stays
    /// on the server for a day or more.
    ///
    /// # Panics
    /// If there is no server, it refuses, or a statement fails: a test cannot go on then.
    pub async fn filled(fill: &str) -> Self {
        Self::create(Origin::Filled(fill.to_owned())).await
    }

    /// A database with nothing in it.
    ///
    /// # Panics
    /// If there is no server, or it refuses: a test cannot go on then.
    pub async fn empty() -> Self {
        Self::create(Origin::Empty).await
    }

    #[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
    async fn create(origin: Origin) -> Self {
        let (reply, made) = oneshot::channel();
        // If the keeper is gone, the reply is dropped with the job.
        drop(keeper::mailbox().send(Job::Create { origin, reply }));
        let made = made.await.unwrap_or_else(|_| Err("the thread that makes them has ended".to_owned()));
        match made.and_then(|name| server::url().map(|url| (address::with_database(url, &name), name))) {
            Ok((url, name)) => Self { name, url },
            Err(why) => panic!("no test database could be made: {why}"),
        }
    }

    /// The URL of this database, for a superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of its own, driven by the runtime of the caller.
    ///
    /// # Panics
    /// If the server does not let it in.
    #[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
    pub async fn client(&self) -> Client {
        match connection::connect(&self.url).await {
            Ok(client) => client,
            Err(why) => panic!("no connection to the test database {}: {why}", self.name),
        }
    }

    /// Runs statements, separated by semicolons, on a connection of their own.
    ///
    /// # Panics
    /// If one of them fails; the message holds the server's words.
    #[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
    pub async fn execute(&self, sql: &str) {
        if let Err(error) = self.client().await.batch_execute(sql).await {
            panic!("in the test database {}: {}\nin: {sql}", self.name, connection::describe(&error));
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (reply, dropped) = mpsc::sync_channel(1);
        let job = Job::Drop { name: std::mem::take(&mut self.name), reply };
        // Waited for, because the process may end right after its only test; the keeper does not need this thread.
        if keeper::mailbox().send(job).is_ok() {
            let _ = dropped.recv_timeout(Duration::from_secs(10));
        }
    }
}
