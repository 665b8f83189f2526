//! What is said on the connection of a worker.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use tokio::time::{Instant, sleep_until, timeout};
use wh_data::repo;
use wh_data::repo::rows::Worker;
use wh_data::secrecy::ExposeSecret;
use wh_data::types::{AppId, FromWorker, JobId, ToWorker, WorkerId};
use wh_data::uuid::Uuid;

use crate::api::Shared;

/// After so long without a word a worker is taken to be gone.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a worker may take to say its first word.
const OPENING: Duration = Duration::from_secs(10);

/// Why a connection ended.
pub(super) type Ended = Box<dyn Error + Send + Sync>;

/// The connection of a worker.
pub(super) struct Conversation {
    pub(super) api: Shared,
    pub(super) worker: WorkerId,
    name: String,
    socket: WebSocket,
    /// Jobs that the worker has.
    pub(super) busy: BTreeSet<JobId>,
    /// Whether it takes no further job.
    pub(super) draining: bool,
    /// Apps of this worker that it has spoken of since its last heartbeat.
    pub(super) apps: HashMap<Uuid, AppId>,
}

impl Conversation {
    pub(super) fn new(api: Shared, worker: &Worker, socket: WebSocket) -> Self {
        Self {
            api,
            worker: worker.id,
            name: worker.name.clone(),
            socket,
            busy: BTreeSet::new(),
            draining: false,
            apps: HashMap::new(),
        }
    }

    /// Holds it to its end.
    pub(super) async fn run(mut self) {
        let (serial, replaced) = self.api.hub.enter(self.worker);
        tracing::info!(worker = self.name, "connected");
        let ended = tokio::select! {
            ended = self.hold() => ended,
            _ = replaced => Err("it connected anew".into()),
        };
        let problem = ended.err().map_or_else(String::new, |problem| problem.to_string());
        tracing::info!(worker = self.name, problem, "disconnected");
        // A control plane that ends takes no worker away: it connects to the next one.
        let gone = self.api.hub.leave(self.worker, serial) && !*self.api.hub.stopping().borrow();
        if gone && let Err(error) = self.api.db().workers().mark_offline(self.worker).await {
            tracing::warn!(%error, "a worker that left was not marked");
        }
    }

    async fn hold(&mut self) -> Result<(), Ended> {
        let first = timeout(OPENING, self.hear()).await??;
        let FromWorker::Hello { jobs } = first else { return Err("it did not say hello".into()) };
        self.busy = jobs.into_iter().collect();
        let api = self.api.clone();
        api.db().workers().mark_online(self.worker).await?;
        // Heard of from before the queue is looked at, so that nothing falls between the two.
        let (mut wakeups, mut work, mut stopping) =
            (api.db().jobs().listen(self.worker), api.hub.work(), api.hub.stopping());
        self.resume().await?;
        self.ask_for_containers().await?;
        let mut heard = Instant::now();
        while !*stopping.borrow() {
            self.hand_out().await?;
            tokio::select! {
                message = self.hear() => {
                    heard = Instant::now();
                    self.answer(message?).await?;
                }
                () = wakeups.next() => {}
                _ = work.changed() => {}
                _ = stopping.changed() => {}
                () = sleep_until(heard + SILENCE) => return Err("it is silent".into()),
            }
        }
        Ok(())
    }

    async fn answer(&mut self, message: FromWorker) -> Result<(), Ended> {
        let api = self.api.clone();
        match message {
            FromWorker::Heartbeat(heartbeat) => {
                api.db().workers().heartbeat(self.worker, &heartbeat).await?;
                self.apps.clear();
                self.ask_for_containers().await?;
            }
            FromWorker::Progress(update) => match api.db().jobs().update_status(self.worker, &update).await {
                // Late, or of a job that was given up: its end will tell.
                Ok(_) | Err(repo::Error::NotFound { .. } | repo::Error::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            },
            FromWorker::Ended { job_id, succeeded, result } => self.end(job_id, succeeded, result).await?,
            FromWorker::Logs { lines } => self.print(lines).await?,
            FromWorker::Containers { as_of, apps } => self.compare(as_of, &apps).await?,
            FromWorker::Violation(report) => self.violated(&report).await?,
            FromWorker::Draining => self.draining = true,
            FromWorker::Hello { .. } | FromWorker::Unknown => {}
        }
        Ok(())
    }

    /// The next message. May be dropped and called again: nothing is lost.
    async fn hear(&mut self) -> Result<FromWorker, Ended> {
        loop {
            match self.socket.recv().await.ok_or("it hung up")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(_) => return Err("it closed the connection".into()),
                _ => {}
            }
        }
    }

    pub(super) async fn say(&mut self, message: &ToWorker) -> Result<(), Ended> {
        let json = message.to_json()?;
        Ok(self.socket.send(Message::Text(json.expose_secret().into())).await?)
    }
}
