//! The thread that makes and drops databases, with one connection for the whole process.
//!
//! It has a runtime of its own: a test database must be dropped when its test panics and its runtime is going down.

use std::{
    collections::HashMap,
    sync::{OnceLock, mpsc as blocking},
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Client;

use super::{
    connection::{connect, describe},
    filled, names, server, template,
};

/// What a new database starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing at all.
    Empty,
    /// All migrations.
    Template,
    /// All migrations, and then these statements.
    Filled(String),
}

pub(super) enum Job {
    Create { origin: Origin, reply: oneshot::Sender<Result<String, String>> },
    Drop { name: String, reply: blocking::SyncSender<()> },
}

/// The keeper's mailbox; the first call starts its thread.
pub(super) fn mailbox() -> &'static mpsc::UnboundedSender<Job> {
    static MAILBOX: OnceLock<mpsc::UnboundedSender<Job>> = OnceLock::new();
    MAILBOX.get_or_init(|| {
        let (sender, receiver) = mpsc::unbounded_channel();
        thread::spawn(move || serve(receiver));
        sender
    })
}

fn serve(mut jobs: mpsc::UnboundedReceiver<Job>) {
    // Without a runtime the mailbox closes, and every sender hears of it.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        let mut keeper = Keeper::default();
        while let Some(job) = jobs.recv().await {
            match job {
                Job::Create { origin, reply } => {
                    let made = keeper.create(origin).await;
                    if let Err(Ok(name)) = reply.send(made) {
                        // The test gave up meanwhile, so nobody else will.
                        keeper.drop_database(&name).await;
                    }
                }
                Job::Drop { name, reply } => {
                    keeper.drop_database(&name).await;
                    let _ = reply.send(());
                }
            }
        }
    });
}

#[derive(Default)]
struct Keeper {
    client: Option<Client>,
    /// The template of migrations alone, and those that this process has filled.
    templates: HashMap<Option<String>, String>,
}

impl Keeper {
    async fn create(&mut self, origin: Origin) -> Result<String, String> {
        let template = match origin {
            Origin::Empty => "template0".to_owned(),
            Origin::Template => self.template(None).await?,
            Origin::Filled(fill) => self.template(Some(fill)).await?,
        };
        let name = names::fresh();
        // Copying files is the fastest way for a small template, by far on Postgres 18.
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
        self.client().await?.batch_execute(&create).await.map_err(|error| describe(&error))?;
        Ok(name)
    }

    async fn drop_database(&mut self, name: &str) {
        // A database that cannot be dropped now is swept by the next run.
        if let Ok(client) = self.client().await {
            drop(empty_of_backends(client, name).await);
            drop(client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await);
        }
    }

    async fn template(&mut self, fill: Option<String>) -> Result<String, String> {
        if let Some(name) = self.templates.get(&fill) {
            return Ok(name.clone());
        }
        let (client, url) = (self.client().await?, server::url()?);
        let name = match &fill {
            None => template::ensure(client, url).await?,
            Some(fill) => filled::ensure(client, url, fill).await?,
        };
        self.templates.insert(fill, name.clone());
        Ok(name)
    }

    /// The connection; a new one where there is none or the server has closed it.
    async fn client(&mut self) -> Result<&Client, String> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            let client = connect(server::url()?).await?;
            sweep(&client).await;
            self.client = Some(client);
        }
        self.client.as_ref().ok_or_else(|| "no connection".to_owned())
    }
}

/// Throws everybody out and waits a moment for them to leave.
///
/// FORCE alone does that too, but then looks again only every 100 ms, and most tests leave a connection behind.
async fn empty_of_backends(client: &Client, name: &str) -> Result<(), tokio_postgres::Error> {
    let left = client
        .prepare("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1")
        .await?;
    for _ in 0..50 {
        if client.query_one(&left, &[&name]).await?.try_get::<_, i64>(0)? == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Drops what killed processes have left.
async fn sweep(client: &Client) {
    let rows = client.query("SELECT datname FROM pg_database WHERE datname LIKE 'wh\\_test\\_%'", &[]).await;
    let names = rows.iter().flatten().filter_map(|row| row.try_get::<_, String>(0).ok());
    for name in names.filter(|name| names::is_leftover(name)) {
        // Another process may sweep the same one.
        drop(client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await);
    }
}
